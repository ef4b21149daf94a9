"""Wrong solutions of `encoder_decoder` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "last_column_of_the_encoder",
        hint="A short source ends before the last column: which state do you take?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return outputs[torch.arange(len(source)), lengths - 1]",
                "return outputs[:, -1]",
            ),
        ],
    ),
    misconception(
        "one_place_too_far",
        hint="The last token of a source stands at length - 1: which one do you take?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "lengths - 1]",
                "(lengths).clamp(max=source.shape[1] - 1)]",
            ),
        ],
    ),
    misconception(
        "first_place_of_the_encoder",
        hint="The state after the last token has read the whole source: how much has yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "lengths - 1]",
                "0 * lengths]",
            ),
        ],
    ),
    misconception(
        "sorted_batch_not_restored",
        hint="Packing sorts by length: in which order do your states stand?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return outputs[torch.arange(len(source)), lengths - 1]",
                "return outputs[torch.arange(len(source)), lengths - 1][lengths.argsort(descending=True)]",
            ),
        ],
    ),
    misconception(
        "current_target_as_input",
        hint="The decoder may know the targets before, not the one it is asked for: what do you feed it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.cat([first, targets[:, :-1]], dim=1)",
                "targets",
            ),
        ],
    ),
    misconception(
        "inputs_moved_the_wrong_way",
        hint="The word before is fed, START first: which way have you moved the targets?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.cat([first, targets[:, :-1]], dim=1)",
                "torch.cat([targets[:, 1:], first], dim=1)",
            ),
        ],
    ),
    misconception(
        "start_forgotten",
        hint="Before the first target stands START: what do you feed at the first step?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "first = torch.full_like(targets[:, :1], start)",
                "first = torch.zeros_like(targets[:, :1])",
            ),
        ],
    ),
    misconception(
        "decoder_begins_at_zero",
        hint="The decoder begins with the encoder's state: with what does yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "targets[:, :-1]], dim=1), state)",
                "targets[:, :-1]], dim=1), torch.zeros_like(state))",
            ),
        ],
    ),
    misconception(
        "encoder_cut_off",
        hint="The loss trains the encoder too: where does the gradient stop?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "targets[:, :-1]], dim=1), state)",
                "targets[:, :-1]], dim=1), state.detach())",
            ),
        ],
    ),
    misconception(
        "padding_counted",
        hint="Only tokens that exist count: what do you do with those after a target's end?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                "return F.cross_entropy(logits.flatten(0, 1), targets.flatten())",
            ),
        ],
    ),
    misconception(
        "masked_loss_averaged_over_padded_length",
        hint="The mean is over tokens that exist: by which number do you divide?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                'return F.cross_entropy(logits[valid], targets[valid], reduction="sum") / targets.numel()',
            ),
        ],
    ),
    misconception(
        "mean_of_sentence_means",
        hint="Every token weighs the same: do those of short targets weigh more in yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                "return torch.stack([F.cross_entropy(a[m], b[m]) for a, b, m in zip(logits, targets, valid, strict=True)]).mean()",
            ),
        ],
    ),
    misconception(
        "token_zero_ignored",
        hint="The lengths decide what exists: does a token 0 inside a target count in yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                "return F.cross_entropy(logits[valid], targets[valid], ignore_index=0)",
            ),
        ],
    ),
    misconception(
        "summed_not_averaged",
        hint="A mean is asked for: do you divide by the number of tokens?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                'return F.cross_entropy(logits[valid], targets[valid], reduction="sum")',
            ),
        ],
    ),
    misconception(
        "softmax_by_hand",
        hint="exp of a score above 88 is infinite in float32: which function takes the logarithm of the softmax at once?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                """
                p = logits.exp() / logits.exp().sum(2, keepdim=True)
                return -p.gather(2, targets[..., None])[..., 0].log()[valid].mean()
                """,
            ),
        ],
    ),
    misconception(
        "zero_ignored_instead_of_lengths",
        hint="The lengths decide what exists, and padding may hold any token: where are the lengths in your loss?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                "return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0)",
            ),
        ],
    ),
    misconception(
        "one_target_too_many",
        hint="A target of length 3 has the places 0, 1 and 2: is place 3 in your loss?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "valid = torch.arange(targets.shape[1]) < lengths[:, None]",
                "valid = torch.arange(targets.shape[1]) <= lengths[:, None]",
            ),
        ],
    ),
    misconception(
        "sum_by_sentences",
        hint="The mean is over tokens: do you divide by their number, or by that of the sentences?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                'return F.cross_entropy(logits[valid], targets[valid], reduction="sum") / len(targets)',
            ),
        ],
    ),
    misconception(
        "own_words_fed",
        hint="Teacher forcing tells the true target before: which word do you feed?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "first = torch.full_like(targets[:, :1], start)",
                "word, scores = torch.full_like(targets[:, :1], start), []",
            ),
            edit(
                "logits, _ = model(torch.cat([first, targets[:, :-1]], dim=1), state)",
                """
                for _ in range(targets.shape[1]):
                    one, state = model(word, state)
                    scores.append(one)
                    word = one.argmax(dim=2)
                logits = torch.cat(scores, dim=1)
                """,
            ),
        ],
    ),
    misconception(
        "decoder_state_not_carried",
        hint="The decoder returns a new state at each word: which one goes into the next word?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "logits, _ = model(torch.cat([first, targets[:, :-1]], dim=1), state)",
                """
                told = torch.cat([first, targets[:, :-1]], dim=1)
                logits = torch.cat([model(word[:, None], state)[0] for word in told.unbind(1)], dim=1)
                """,
            ),
        ],
    ),
    misconception(
        "restored_by_the_order_itself",
        hint="You put the batch back: is it the order you index with, or its inverse?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return outputs[torch.arange(len(source)), lengths - 1]",
                """
                order = lengths.sort(descending=True)[1]
                ends = outputs[torch.arange(len(source)), lengths - 1]
                return ends[order][order]
                """,
            ),
        ],
    ),
    misconception(
        "padding_embedded_as_zeros",
        hint="The GRU goes on over zeros too, and its state changes: at which column do you take it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "outputs, _ = model.encoder(model.source_vectors(source))",
                """
                there = (torch.arange(source.shape[1]) < lengths[:, None])[:, :, None]
                outputs, _ = model.encoder(model.source_vectors(source) * there)
                """,
            ),
            edit("return outputs[torch.arange(len(source)), lengths - 1]", "return outputs[:, -1]"),
        ],
    ),
    misconception(
        "end_token_left_out",
        hint="END is a token that has to be learnt too: is the last valid one in your loss?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "valid = torch.arange(targets.shape[1]) < lengths[:, None]",
                "valid = torch.arange(targets.shape[1]) < (lengths[:, None] - 1).clamp(min=1)",
            ),
        ],
    ),
    misconception(
        "lengths_counted_from_tokens",
        hint="The lengths are handed in, and a token 0 may exist: from what do you take them?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return outputs[torch.arange(len(source)), lengths - 1]",
                """
                lengths = (source != 0).sum(1).clamp(min=1)
                return outputs[torch.arange(len(source)), lengths - 1]
                """,
            ),
        ],
    ),
    misconception(
        "sorted_batches_alone_packed",
        hint="The batch is in any order of lengths: does your packing allow that?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "outputs, _ = model.encoder(model.source_vectors(source))",
                "packed = nn.utils.rnn.pack_padded_sequence(model.source_vectors(source), lengths, batch_first=True)",
            ),
            edit(
                "return outputs[torch.arange(len(source)), lengths - 1]",
                "return model.encoder(packed)[1][0]",
            ),
        ],
    ),
    misconception(
        "padding_multiplied_by_zero",
        hint="Scores in the padding may be any finite number: what is 0 times a loss that is infinite?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                """
                losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
                return (losses.reshape(targets.shape) * valid).sum() / valid.sum()
                """,
            ),
        ],
    ),
    misconception(
        "start_always_one",
        hint="The start token is an argument: which token stands first in yours?",
        severity="slip",
        base="reference",
        edits=[edit("torch.full_like(targets[:, :1], start)", "torch.ones_like(targets[:, :1])")],
    ),
    misconception(
        "source_by_the_targets_table",
        hint="Source and targets have tables of their own: which one turns your source into vectors?",
        severity="partial",
        base="reference",
        edits=[edit("model.source_vectors(source)", "model.target_vectors(source)")],
    ),
    misconception(
        "loss_in_float32",
        hint="The loss of float64 scores is float64: where do yours lose their digits?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return F.cross_entropy(logits[valid], targets[valid])",
                "return F.cross_entropy(logits[valid].float(), targets[valid])",
            ),
        ],
    ),
]
