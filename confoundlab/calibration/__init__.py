"""How often the tests err: data of known truth, trials on them, rates of error."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
