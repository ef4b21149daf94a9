# Attack: an exception with the name of pytest's own skip
# Verdict: failed


class Skipped(BaseException):
    msg = "skipped"
    allow_module_level = True


Skipped.__module__ = "_pytest.outcomes"


def scale(x, factor):
    raise Skipped("skipped")
