"""Real images, fetched and proved, or their twin."""
