"""Files to an image set: decoding, digests, one table with a row an image."""
