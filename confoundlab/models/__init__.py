"""What is trained: LeNet-5 by the hundred, its engines, linear probes, nets that came trained."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
