"""The OpenStack Compute API: the only place where microversions exist."""
