"""Simulated plates: wells laid out, cells painted, a microscope with a dial each."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
