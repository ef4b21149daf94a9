"""Wrong solutions of `expand` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "masked_words_dropped",
        hint="Where fewer than `width` exist, all are returned: do you drop those of log-probability -inf?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                """
                kept = best.values > -math.inf
                places = best.indices[kept]
                return places // log_probs.shape[1], places % log_probs.shape[1], best.values[kept]
                """,
            ),
        ],
    ),
    misconception(
        "best_of_each_row",
        hint="The best of all are asked for: may one beginning have several children in yours?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "totals = (scores[:, None] + log_probs).flatten()",
                "rows = scores[:, None] + log_probs",
            ),
            edit(
                "best = totals.topk(min(width, len(totals)))",
                "best = rows.max(dim=1)",
            ),
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                "return torch.arange(len(scores))[:width], best.indices[:width], best.values[:width]",
            ),
        ],
    ),
    misconception(
        "scores_not_added",
        hint="The score of a beginning belongs to all its extensions: where is it in yours?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "totals = (scores[:, None] + log_probs).flatten()",
                "totals = log_probs.flatten()",
            ),
        ],
    ),
    misconception(
        "beam_multiplies_log_terms",
        hint="Probabilities multiply, so their logarithms add: what do you do with them?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "totals = (scores[:, None] + log_probs).flatten()",
                "totals = (scores[:, None] * log_probs).flatten()",
            ),
        ],
    ),
    misconception(
        "divided_by_the_wrong_number",
        hint="A row of the table has V places: by which number do you divide the index?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                "return best.indices // len(scores), best.indices % len(scores), best.values",
            ),
        ],
    ),
    misconception(
        "parents_and_tokens_swapped",
        hint="Parents come first, then tokens: which of your two is the row?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                "return best.indices % log_probs.shape[1], best.indices // log_probs.shape[1], best.values",
            ),
        ],
    ),
    misconception(
        "log_probabilities_returned",
        hint="The sums are the new scores: what do you return?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], log_probs.flatten()[best.indices]",
            ),
        ],
    ),
    misconception(
        "fails_where_few",
        hint="Where fewer extensions exist than the width all are returned: what does your topk do?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "totals.topk(min(width, len(totals)))",
                "totals.topk(width)",
            ),
        ],
    ),
    misconception(
        "smallest_first",
        hint="The largest sum is the best: which do you keep?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "totals.topk(min(width, len(totals)))",
                "totals.topk(min(width, len(totals)), largest=False)",
            ),
        ],
    ),
    misconception(
        "worst_of_the_best_first",
        hint="The best comes first: in which order are yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "best = totals.topk(min(width, len(totals)))",
                "best = totals.sort()",
            ),
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                """
                kept = best.indices[-width:]
                return kept // log_probs.shape[1], kept % log_probs.shape[1], totals[kept]
                """,
            ),
        ],
    ),
    misconception(
        "never_more_than_beginnings",
        hint="The width decides, not the number of beginnings: how many do you keep?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "min(width, len(totals))",
                "min(width, len(scores))",
            ),
        ],
    ),
    misconception(
        "score_of_the_wrong_axis",
        hint="Each row belongs to one beginning: along which axis do you add the scores?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "totals = (scores[:, None] + log_probs).flatten()",
                "totals = (scores.repeat(log_probs.shape[1])[: log_probs.numel()].view(log_probs.shape) + log_probs).flatten()",
            ),
        ],
    ),
    misconception(
        "best_child_of_each_beginning",
        hint="The best of all are asked for: may one beginning have several children in yours?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "totals = (scores[:, None] + log_probs).flatten()",
                "rows = scores[:, None] + log_probs",
            ),
            edit(
                "best = totals.topk(min(width, len(totals)))",
                "best = rows.max(dim=1)",
            ),
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                """
                order = best.values.argsort(descending=True)[:width]
                return order, best.indices[order], best.values[order]
                """,
            ),
        ],
    ),
    misconception(
        "negative_product",
        hint="Probabilities multiply, so their logarithms add: what do you do with them?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "totals = (scores[:, None] + log_probs).flatten()",
                "totals = -(scores[:, None] * log_probs).flatten()",
            ),
        ],
    ),
    misconception(
        "parents_by_the_number_of_beginnings",
        hint="A row of the table has V places: by which number do you divide for the parent?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                "return best.indices // len(scores), best.indices % log_probs.shape[1], best.values",
            ),
        ],
    ),
    misconception(
        "in_the_order_of_the_table",
        hint="The best comes first: in which order are yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                """
                places, order = best.indices.sort()
                return places // log_probs.shape[1], places % log_probs.shape[1], best.values[order]
                """,
            ),
        ],
    ),
    misconception(
        "never_more_than_the_vocabulary",
        hint="The width decides, not the number of words: how many do you keep?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "min(width, len(totals))",
                "min(width, log_probs.shape[1])",
            ),
        ],
    ),
    misconception(
        "each_token_once",
        hint="Two beginnings may go on with the same word: does yours keep both?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "totals = (scores[:, None] + log_probs).flatten()",
                "rows = scores[:, None] + log_probs",
            ),
            edit(
                "best = totals.topk(min(width, len(totals)))",
                "best = rows.max(dim=0)",
            ),
            edit(
                "return best.indices // log_probs.shape[1], best.indices % log_probs.shape[1], best.values",
                """
                order = best.values.argsort(descending=True)[:width]
                return best.indices[order], order, best.values[order]
                """,
            ),
        ],
    ),
    misconception(
        "equal_shares_for_all",
        hint="The best of all are asked for: may a good beginning have more children than a bad one?",
        severity="partial",
        cell="""
        def expand(scores, log_probs, width):
            k = min(max(1, width // len(scores)), log_probs.shape[1])
            best, tokens = (scores[:, None] + log_probs).topk(k, dim=1)
            parents = torch.arange(len(scores))[:, None].expand_as(tokens)
            order = best.flatten().argsort(descending=True)
            return parents.flatten()[order], tokens.flatten()[order], best.flatten()[order]
        """,
    ),
    misconception(
        "looked_up_by_value",
        hint="Two extensions may have the same score: where do you find the second one?",
        severity="slip",
        cell="""
        def expand(scores, log_probs, width):
            totals = scores[:, None] + log_probs
            best = totals.flatten().sort(descending=True).values[:width]
            places = torch.stack([(totals == value).nonzero()[0] for value in best])
            return places[:, 0], places[:, 1], best
        """,
    ),
]
