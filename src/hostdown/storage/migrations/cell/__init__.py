"""The history of the cell's schema."""
