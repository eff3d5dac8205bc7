"""What people have, read for an audit: folders, tables, arrays, embeddings, headers of files."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
