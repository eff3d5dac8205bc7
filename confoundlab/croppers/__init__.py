"""What the classifier may see: crops and transforms, and whether they control anything."""
