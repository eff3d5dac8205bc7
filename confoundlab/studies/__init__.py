"""A study: parameters, predictions and results, measured once, kept and found again."""
