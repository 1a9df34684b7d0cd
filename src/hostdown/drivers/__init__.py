"""One small file per outside thing.

Law: a driver maps an outside vocabulary to ours, has a time-out on everything, says whether a retry
can help, and imports no other driver."""
