"""What an audit leaves: its page, pictures that can be put in order, and forms of journals."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
