# Attack: make threads without end
# Verdict: crashed or timeout

import threading
import time

threading.stack_size(65536)


def scale(x, factor):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        except RuntimeError:
            pass
