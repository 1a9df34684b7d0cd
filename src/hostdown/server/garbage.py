"""When a process looks for garbage that counts of references do not find.

What a process has made of itself before it serves stays as long as it runs: modules, tables and
routes, some hundred thousand objects. Looking through them takes 100 ms, and all threads wait. What
there is before a fork is not looked at in any of those that are forked.
"""

import gc

THRESHOLDS = (50_000, 50, 50)
"""Modules that are loaded are none, and lists of thousands of tuples no reason to look for some."""


def look_seldom() -> None:
    """From the start of a program on: it loads its modules a fifth faster."""
    gc.set_threshold(*THRESHOLDS)


def settle() -> None:
    """Leave what there is alone from now on, also in processes that are forked later."""
    gc.collect()
    gc.freeze()
