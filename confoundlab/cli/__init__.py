"""The command line. Bad input: one clear line, exit code 2. A try that fails: exit code 1."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
