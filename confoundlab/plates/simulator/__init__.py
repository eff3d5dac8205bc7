"""Simulated plates: wells laid out, cells painted, a microscope with a dial each."""
