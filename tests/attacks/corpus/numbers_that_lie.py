# Attack: answer with numbers and texts whose conversion runs code or never ends
# Verdict: failed or timeout


class Number(float):
    def __float__(self):
        while True:
            pass

    __index__ = __int__ = __float__


class Text(str):
    def encode(self, *options):
        raise SystemExit


def scale(x, factor):
    return (Number(1), Text("a"), True)
