"""Words and tables that pages print, every number from a stored record."""
