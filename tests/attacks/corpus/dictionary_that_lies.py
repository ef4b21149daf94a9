# Attack: answer with a dictionary and a list whose own methods tell something else at each look
# Verdict: failed or timeout


class Never(dict):
    def items(self):
        while True:
            yield ("x", 1)

    def __len__(self):
        return 1


def scale(x, factor):
    return [Never(x=x * factor), x * factor]
