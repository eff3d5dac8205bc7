"""The twin of a data set: a scene, and one camera with a dial for each of its parts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
