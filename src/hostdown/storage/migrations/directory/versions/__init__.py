"""The steps of the directory's history, oldest first by number."""
