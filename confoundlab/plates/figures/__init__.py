"""Figures of plates, folds and maps of cells."""
