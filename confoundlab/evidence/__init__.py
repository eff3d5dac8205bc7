"""Numbers that can be argued with: estimates, intervals, nulls, p-values and verdicts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
