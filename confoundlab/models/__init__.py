"""What is trained: LeNet-5 by the hundred, the engines under it, and linear probes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
