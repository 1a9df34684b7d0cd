"""When a process looks for garbage that counts of references do not find.

What a process has made of itself before it serves stays as long as it runs: modules, tables and
routes, some hundred thousand objects. Looking through them takes 100 ms, and all threads wait.
"""

import gc

THRESHOLDS = (50_000, 50, 50)
"""Lists of thousands of tuples are no reason to look for garbage."""


def settle() -> None:
    """Leave what there is alone from now on, and look at the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
