"""Files to an image set: decoding, digests, one table with a row an image."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
