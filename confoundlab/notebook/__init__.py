"""Notebooks run with parameters, and the pages made of them."""
