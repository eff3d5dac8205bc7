"""Models on unseen people and batches, what they look at, and what remedies leave."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
