"""How much of a plate's nuisance shows: control wells, batches, edges, density, focus."""
