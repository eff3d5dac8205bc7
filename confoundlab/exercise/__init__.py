"""Exercises: a task with a hidden confound for every student, its solution, and its grading."""
