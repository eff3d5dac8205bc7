"""Who trains and who tests, what may be permuted, and what the data could answer at all."""
