"""Kernels of inference: ranks, intervals, p-values combined and corrected, power."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
