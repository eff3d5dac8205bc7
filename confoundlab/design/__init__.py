"""Who trains and who tests, what may be permuted, and what the data could answer at all."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
