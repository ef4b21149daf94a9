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
        severity="partial",
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
    misconception(
        "width_shrinks",
        hint="At each length `width` extensions are taken: how many do you take after one has finished?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "totals.topk(min(width, len(totals)))",
                "totals.topk(min(max(width - len(found), 1), len(totals)))",
            ),
        ],
    ),
    misconception(
        "beam_refilled",
        hint="Finished sentences use up places of their step: how many beginnings go on after one has ended?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "totals.topk(min(width, len(totals)))",
                "totals.topk(min(2 * width, len(totals)))",
            ),
            edit(
                "else:",
                "elif len(kept) < width:",
            ),
        ],
    ),
    misconception(
        "stops_when_none_seems_better",
        hint="The search ends when no beginning is left or at the limit: does yours compare the best and stop?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "if not kept:",
                "if not kept or (found and max(s for _, s in found) >= best.values[kept].max().item() / length**alpha):",
            ),
        ],
    ),
    misconception(
        "returned_state_dropped",
        hint="The step returns a new state: which one goes into the next step?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "log_probs, state = step(tokens, state)",
                "log_probs, _ = step(tokens, state)",
            ),
        ],
    ),
    misconception(
        "penalty_of_another_paper",
        hint="The sum is divided by the length to the power alpha: what do you divide by?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "/ length**alpha))",
                "/ ((5 + length) / 6) ** alpha))",
            ),
        ],
    ),
    misconception(
        "alpha_ignored",
        hint="The length has the exponent alpha: where is it in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "/ length**alpha))",
                "/ length))",
            ),
        ],
    ),
    misconception(
        "stops_at_the_first",
        hint="A longer sentence may still be better: does your search stop at the first END?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "if not kept:",
                "if not kept or found:",
            ),
        ],
    ),
    misconception(
        "copies_of_the_start",
        hint="The search begins with one beginning: how many copies of it has yours?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "beginnings: list[list[int]] = [[]]",
                """
                beginnings: list[list[int]] = [[] for _ in range(width)]
                state = state.repeat(width, 1)
                """,
            ),
            edit(
                "sums, tokens, found = torch.zeros(1), torch.tensor([start]), []",
                "sums, tokens, found = torch.zeros(width), torch.tensor([start] * width), []",
            ),
        ],
    ),
    misconception(
        "one_step_too_many",
        hint="At most `limit` tokens, END counted: how often is your step asked?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "for length in range(1, limit + 1):",
                "for length in range(1, limit + 2):",
            ),
            edit(
                "if token == end or length == limit:",
                "if token == end or length == limit + 1:",
            ),
        ],
    ),
    misconception(
        "finished_keep_their_places",
        hint="A finished sentence leaves the beam: do yours go on taking a place in it?",
        severity="partial",
        cell="""
        def beam_search(step, state, start, end, width, limit, alpha=1.0):
            beam = [([], 0.0, False, start, state)]
            for _ in range(limit):
                grown = [entry for entry in beam if entry[2]]
                for words, total, _, token, own in (entry for entry in beam if not entry[2]):
                    log_probs, new = step(torch.tensor([token]), own)
                    grown += [([*words, v], total + p, v == end, v, new) for v, p in enumerate(log_probs[0].tolist())]
                beam = sorted(grown, key=lambda entry: -entry[1])[:width]
                if all(entry[2] for entry in beam):
                    break
            found = [(words[:-1] if done else words, total / len(words) ** alpha) for words, total, done, _, _ in beam]
            return sorted(found, key=lambda pair: -pair[1])
        """,
    ),
    misconception(
        "sorted_by_the_sum",
        hint="The best is the one with the largest quotient: by which number do you sort?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "found.append((words, best.values[place].item() / length**alpha))",
                "found.append((words, best.values[place].item(), length))",
            ),
            edit(
                "return sorted(found, key=lambda pair: -pair[1])[:width]",
                """
                found.sort(key=lambda entry: -entry[1])
                return [(words, total / length**alpha) for words, total, length in found[:width]]
                """,
            ),
        ],
    ),
    misconception(
        "best_of_each_beginning_kept",
        hint="At each length `width` extensions of all beginnings together are taken: how many do you take?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "best = totals.topk(min(width, len(totals)))",
                """
                each = (sums[:, None] + log_probs).topk(min(width, log_probs.shape[1]), dim=1).indices
                chosen = (each + torch.arange(len(each))[:, None] * log_probs.shape[1]).flatten()
                order = totals[chosen].argsort(descending=True)
                best = type("Best", (), {"values": totals[chosen][order], "indices": chosen[order]})
                """,
            ),
        ],
    ),
    misconception(
        "cut_sentences_only_in_need",
        hint="What has not ended at the limit counts like the others: when do you add it to the results?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "if token == end or length == limit:", "if token == end or (length == limit and not found):"
            ),
        ],
    ),
    misconception(
        "times_alpha",
        hint="alpha is the exponent of the length: what is it in yours?",
        severity="slip",
        base="reference",
        edits=[edit("/ length**alpha", "/ (alpha * length if alpha else 1)")],
    ),
]
