"""Exercises: a task with a hidden confound for every student, its solution, and its grading."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
