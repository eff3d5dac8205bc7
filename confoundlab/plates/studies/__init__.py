"""What the pages on plates ask, study by study."""
