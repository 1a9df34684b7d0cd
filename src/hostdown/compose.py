"""Puts the parts together: the only module that knows every package."""
