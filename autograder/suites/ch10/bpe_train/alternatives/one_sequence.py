"""Every word of the text by itself, without counting equal ones together; merging backwards over an index."""


def count_pairs(words):
    found = {}
    for ids, often in words:
        for left, right in zip(ids, ids[1:], strict=False):
            found.setdefault((left, right), 0)
            found[left, right] += often
    return found


def merge_pair(ids, pair, new):
    rest, out = list(ids), []
    while rest:
        if rest[:2] == list(pair):
            out.append(new)
            del rest[:2]
        else:
            out.append(rest.pop(0))
    return out


def train_bpe(text, merges):
    pieces = [list(word.encode("utf8")) for word in split_words(text)]
    learned = []
    while len(learned) < merges:
        found = count_pairs([(ids, 1) for ids in pieces])
        if len(found) == 0:
            return learned
        pair = max(found, key=lambda p: (found[p], -p[0], -p[1]))
        pieces = [merge_pair(ids, pair, 256 + len(learned)) for ids in pieces]
        learned.append(pair)
    return learned
