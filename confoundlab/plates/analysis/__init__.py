"""Models on unseen people and batches, what they look at, and what remedies leave."""
