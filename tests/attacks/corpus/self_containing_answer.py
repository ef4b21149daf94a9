# Attack: answer with a list that holds itself
# Verdict: failed


def scale(x, factor):
    value = []
    value.append(value)
    return {"value": value}
