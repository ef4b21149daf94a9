# Attack: end the process while the cell runs
# Verdict: crashed

import os

os._exit(0)
