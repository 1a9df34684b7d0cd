"""How hosts are fenced: one file for each kind of device, and the operator's file that names them.

Law: what talks to a device is a process of its own, run by `bounded_program` or kept by
`kept_program`, so that it can be killed when its time is up; no secret is in a command line, a log
or an error. Drivers here share these and `secret`, and know nothing of each other.
"""
