"""Still figures: what nets named, what a view leaves, what evidence says."""
