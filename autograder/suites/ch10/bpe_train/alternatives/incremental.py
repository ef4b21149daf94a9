"""Only words that hold the merged pair are counted again."""


def count_pairs(words):
    counts = {}
    for ids, often in words:
        for pair in zip(ids, ids[1:], strict=False):
            counts[pair] = counts.get(pair, 0) + often
    return counts


def merge_pair(ids, pair, new):
    out, skip = [], False
    for i, token in enumerate(ids):
        if skip:
            skip = False
        elif i + 1 < len(ids) and (token, ids[i + 1]) == tuple(pair):
            out.append(new)
            skip = True
        else:
            out.append(token)
    return out


def train_bpe(text, merges):
    often = {}
    for word in split_words(text):
        key = tuple(word.encode("utf-8"))
        often[key] = often.get(key, 0) + 1
    words = [[list(key), n] for key, n in often.items()]
    counts, learned = count_pairs([tuple(w) for w in words]), []
    for new in range(256, 256 + merges):
        alive = [pair for pair, n in counts.items() if n > 0]
        if not alive:
            break
        best = min(alive, key=lambda p: (-counts[p], p))
        for word in words:
            ids, n = word
            if best in zip(ids, ids[1:], strict=False):
                for pair in zip(ids, ids[1:], strict=False):
                    counts[pair] -= n
                word[0] = merge_pair(ids, best, new)
                for pair in zip(word[0], word[0][1:], strict=False):
                    counts[pair] = counts.get(pair, 0) + n
        learned.append(best)
    return learned
