"""The headline figures, measured: `python -m benchmarks` prints one table.

Law: nothing is asserted here. Every figure comes from a real server process on loopback, driven by
a client process on the other core, beside a raw fdatasync taken in the same run.
"""
