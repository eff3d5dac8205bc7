"""What is measured on sites and cells: nuclei, focus, 63 statistics, embeddings."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
