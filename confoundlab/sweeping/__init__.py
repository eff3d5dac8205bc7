"""Sweeps: a study run over values of its parameters, on this machine or a cluster, told as one."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
