"""Numbers that can be argued with: estimates, intervals, nulls, p-values and verdicts."""
