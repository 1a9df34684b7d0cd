"""The embedded Identity v3 stand-in under /identity."""
