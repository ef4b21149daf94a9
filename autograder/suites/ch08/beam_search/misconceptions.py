"""Wrong solutions of `beam_search` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "beam_state_not_reordered",
        hint="Each beginning goes on with the state of its parent: whose state does yours take?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "beginnings, sums, tokens, state = extended, best.values[kept], chosen[kept], state[parents[kept]]",
                "beginnings, sums, tokens, state = extended, best.values[kept], chosen[kept], state[torch.arange(len(kept)) % len(state)]",
            ),
        ],
    ),
    misconception(
        "states_by_the_place_of_the_child",
        hint="The place in the beam is the child's, the state the parent's: which number do you index with?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "beginnings, sums, tokens, state = extended, best.values[kept], chosen[kept], state[parents[kept]]",
                "beginnings, sums, tokens, state = extended, best.values[kept], chosen[kept], state[torch.tensor(kept) % len(state)]",
            ),
        ],
    ),
    misconception(
        "length_norm_by_global_step",
        hint="Each sentence has a length of its own: by whose do you divide?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return sorted(found, key=lambda pair: -pair[1])[:width]",
                "return [(words, score / length**alpha) for words, score in sorted(found, key=lambda pair: -pair[1])[:width]]",
            ),
            edit(
                "found.append((words, best.values[place].item() / length**alpha))",
                "found.append((words, best.values[place].item()))",
            ),
        ],
    ),
    misconception(
        "only_finished_normalised",
        hint="What is cut at the limit has a length too: is it divided like the others?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "found.append((words, best.values[place].item() / length**alpha))",
                "found.append((words, best.values[place].item() / (length**alpha if token == end else 1)))",
            ),
        ],
    ),
    misconception(
        "stops_at_first_n_finished",
        hint="A longer sentence can still overtake: when does your search stop?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "if not kept:",
                "if not kept or len(found) >= width:",
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
                "totals = (sums[:, None] + log_probs).flatten()",
                "totals = -(sums[:, None] * log_probs).abs().flatten() if length > 1 else log_probs.flatten()",
            ),
        ],
    ),
    misconception(
        "finished_beams_lost",
        hint="A sentence that has ended is a result: where is it when the search ends?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "if token == end or length == limit:",
                """
                if token == end and length < limit:
                    continue
                if length == limit:
                """,
            ),
        ],
    ),
    misconception(
        "end_not_counted",
        hint="END is a token of the sentence: is it counted in the length?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "found.append((words, best.values[place].item() / length**alpha))",
                "found.append((words, best.values[place].item() / max(len(words), 1) ** alpha))",
            ),
        ],
    ),
    misconception(
        "cut_sentences_lost",
        hint="What has not ended at the limit is returned too: where is yours?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "found.append((words, best.values[place].item() / length**alpha))",
                """
                if token == end:
                    found.append((words, best.values[place].item() / length**alpha))
                """,
            ),
        ],
    ),
    misconception(
        "best_of_each_beginning",
        hint="The best of all extensions are kept: may one beginning have several children in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "best = totals.topk(min(width, len(totals)))",
                """
                single = (sums[:, None] + log_probs).argmax(dim=1) + torch.arange(len(sums)) * log_probs.shape[1]
                best = totals[single].topk(min(width, len(single))) if length > 1 else totals.topk(min(width, len(totals)))
                best = type("Best", (), {"values": best.values, "indices": single[best.indices] if length > 1 else best.indices})
                """,
            ),
        ],
    ),
    misconception(
        "normalised_inside_the_beam",
        hint="The beam is chosen by sums: do you hand divided scores on to the next step?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "beginnings, sums, tokens, state = extended, best.values[kept], chosen[kept], state[parents[kept]]",
                "beginnings, sums, tokens, state = extended, best.values[kept] / length**alpha, chosen[kept], state[parents[kept]]",
            ),
        ],
    ),
    misconception(
        "end_is_written",
        hint="END closes a sentence and is not a word of it: where is it in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "words = beginnings[parent] + [token] * (token != end)",
                "words = beginnings[parent] + [token]",
            ),
        ],
    ),
    misconception(
        "words_of_the_wrong_parent",
        hint="A child has its parent's words before it: whose words do you take?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "words = beginnings[parent] + [token] * (token != end)",
                "words = beginnings[place % len(beginnings)] + [token] * (token != end)",
            ),
        ],
    ),
    misconception(
        "all_finished_returned",
        hint="At most `width` sentences are asked for: how many do you return?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return sorted(found, key=lambda pair: -pair[1])[:width]",
                "return sorted(found, key=lambda pair: -pair[1])",
            ),
        ],
    ),
    misconception(
        "in_the_order_of_finishing",
        hint="The best comes first: are yours sorted by their scores?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return sorted(found, key=lambda pair: -pair[1])[:width]",
                "return found[:width]",
            ),
        ],
    ),
    misconception(
        "asks_after_all_have_ended",
        hint="When every beginning has ended, whom do you still ask?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                if not kept:
                    break
                """,
                "",
            ),
        ],
    ),
]
