"""Plates of wells: the traps of Venugopalan et al. (2019), with known truth and on real data.

Serves the claim that nets on cell plates learn batch, laboratory, focus and density before they
learn disease. The way through it: a layout of wells -> sites under the microscope -> patches of
cells -> features -> held-out models -> evidence, with corrections fitted inside the training folds.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
