"""The steps of the cell's history, oldest first by number."""
