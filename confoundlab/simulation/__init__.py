"""The twin of a data set: a scene, and one camera with a dial for each of its parts."""
