"""What is measured on sites and cells: nuclei, focus, 63 statistics, embeddings."""
