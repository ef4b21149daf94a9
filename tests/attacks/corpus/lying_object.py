# Attack: return an object that equals everything
# Verdict: failed


class Agreeable:
    shape = dtype = property(lambda self: self)

    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return self

    def __call__(self, *_, **__):
        return self

    def __bool__(self):
        return True


def scale(x, factor):
    return Agreeable()
