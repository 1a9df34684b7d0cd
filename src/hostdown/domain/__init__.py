"""Values in, values out.

Law: no I/O, no clock, no log, no random number, no thread. `now` is an argument. Every datetime
in the program is naive and UTC; `drivers/system_clock.py` makes them, nobody else does.
"""
