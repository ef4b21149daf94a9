# Attack: objects whose end never comes, at the end of the call and of the process
# Verdict: timeout or failed or crashed


class Stays:
    def __del__(self):
        while True:
            pass


kept = Stays()


def scale(x, factor):
    Stays()
    return x
