"""The Alarming API v2, for event alarms: what Aodh answers. It knows nothing of the Compute API."""
