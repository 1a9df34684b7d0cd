"""The Image API v2: what Glance answers. It knows nothing of the Compute API beside it."""
