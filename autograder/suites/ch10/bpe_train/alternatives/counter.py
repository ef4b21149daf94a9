"""`Counter` and `most_common`, as small tokenizers in public code do it."""

from collections import Counter


def count_pairs(words):
    counts = Counter()
    for ids, often in words:
        for i in range(len(ids) - 1):
            counts[(ids[i], ids[i + 1])] += often
    return counts


def merge_pair(ids, pair, new):
    newids = []
    i = 0
    while i < len(ids):
        if i < len(ids) - 1 and ids[i] == pair[0] and ids[i + 1] == pair[1]:
            newids.append(new)
            i += 2
        else:
            newids.append(ids[i])
            i += 1
    return newids


def train_bpe(text, merges):
    vocabulary = Counter(split_words(text))
    words = [(list(word.encode()), often) for word, often in vocabulary.items()]
    result = []
    for number in range(merges):
        counts = count_pairs(words)
        if not counts:
            break
        top = counts.most_common(1)[0][1]
        best = sorted(pair for pair, count in counts.items() if count == top)[0]
        words = [(merge_pair(ids, best, 256 + number), often) for ids, often in words]
        result.append(best)
    return result
