"""Run by the interpreter that has sushy-tools: the emulator, but its machines obey within a second.

emulator.py CONFIG
"""

import random
import sys

from sushy_tools.emulator import main

random.randint = lambda low, high: low
sys.argv = ["sushy-emulator", "--config", sys.argv[1]]
sys.exit(main.main())
