"""How much of a plate's nuisance shows: control wells, batches, edges, density, focus."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
