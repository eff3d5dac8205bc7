"""What the classifier may see: crops and transforms, and whether they control anything."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
