"""Wrong solutions of `attention_decoder` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
WEIGHTS = "weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)"

MISCONCEPTIONS = [
    misconception(
        "general_asks_with_the_old_state",
        hint="In the general kind the new state asks: has the cell been called before the scores?",
        severity="partial",
        edits=[
            edit(
                """
                    state = layers.cell(embedded, state)
                    scores = (keys @ state[:, :, None])[:, :, 0]
                """,
                """
                    scores = (keys @ state[:, :, None])[:, :, 0]
                    state = layers.cell(embedded, state)
                """,
            )
        ],
    ),
    misconception(
        "mask_ignored",
        hint="The source may be padded: where do you use the mask?",
        severity="partial",
        edits=[edit("scores.masked_fill(~mask, -torch.inf).softmax(dim=1)", "scores.softmax(dim=1)")],
    ),
    misconception(
        "mask_after_softmax",
        hint="When weights are set to 0 after the softmax, what does the rest of the row sum to?",
        severity="partial",
        edits=[edit("scores.masked_fill(~mask, -torch.inf).softmax(dim=1)", "scores.softmax(dim=1) * mask")],
    ),
    misconception(
        "mask_inverted",
        hint="True means that one may look: what does your mask hide?",
        severity="serious",
        edits=[edit("scores.masked_fill(~mask, -torch.inf)", "scores.masked_fill(mask, -1e9)")],
    ),
    misconception(
        "mask_constant_too_weak",
        hint="Can a masked score be so high that your constant does not hide it?",
        severity="slip",
        edits=[edit("scores.masked_fill(~mask, -torch.inf)", "(scores - 100.0 * ~mask)")],
    ),
    misconception(
        "softmax_over_the_batch",
        hint="Weights of one example sum to 1 over the source: over which axis is your softmax?",
        severity="serious",
        edits=[edit(".softmax(dim=1)", ".softmax(dim=0).nan_to_num(0.0)")],
    ),
    misconception(
        "scores_scaled",
        hint="The card says that scores are not scaled: do you divide by a root?",
        severity="partial",
        edits=[
            edit("weights = scores.masked_fill", "weights = (scores / state.shape[1] ** 0.5).masked_fill")
        ],
    ),
    misconception(
        "values_are_the_keys",
        hint="The context is a mean of the memory itself: of what is yours?",
        severity="serious",
        edits=[
            edit(
                "context = (weights[:, None] @ memory)[:, 0]",
                "context = F.pad((weights[:, None] @ keys)[:, 0], (0, memory.shape[2]))[:, : memory.shape[2]]",
            )
        ],
    ),
    misconception(
        "readout_of_the_old_state",
        hint="The logits are made of the new state: which one goes into the readout?",
        severity="partial",
        edits=[
            edit(
                "embedded, keys = layers.embedding(ids), layers.key(memory)",
                "embedded, keys, old = layers.embedding(ids), layers.key(memory), state",
            ),
            edit(
                "layers.readout(torch.cat([state, context], dim=1))",
                "layers.readout(torch.cat([old, context], dim=1))",
            ),
        ],
    ),
    misconception(
        "context_before_state_in_readout",
        hint="Concatenated weights have an order: which comes first in the readout, the state or the context?",
        severity="partial",
        edits=[
            edit("torch.cat([state, context], dim=1)), state", "torch.cat([context, state], dim=1)), state")
        ],
    ),
    misconception(
        "context_before_character_in_the_cell",
        hint="Which comes first in the cell's input, the character or the context?",
        severity="partial",
        edits=[
            edit(
                "torch.cat([embedded, context], dim=1), state)",
                "torch.cat([context, embedded], dim=1), state)",
            )
        ],
    ),
    misconception(
        "state_not_handed_on",
        hint="Step t begins at the state of step t - 1: what does yours begin with?",
        severity="partial",
        edits=[
            edit(
                "scores, state, seen = decoder_step(layers, ids[:, t], state, memory, mask)",
                "scores, _, seen = decoder_step(layers, ids[:, t], state, memory, mask)",
            ),
            edit(
                "logits, state, seen = decoder_step(layers, ids, state, memory, mask)",
                "logits, _, seen = decoder_step(layers, ids, state, memory, mask)",
            ),
        ],
    ),
    misconception(
        "own_output_not_fed_back",
        hint="On its own, the decoder reads what it wrote: what is it given in the second step?",
        severity="slip",
        edits=[
            edit(
                """
                ids = logits.argmax(dim=1)
                written.append(ids)
                """,
                "written.append(logits.argmax(dim=1))",
            ),
        ],
    ),
    misconception(
        "decode_feeds_its_own_output",
        hint="decode is told which character comes at each step: do you use your own instead?",
        severity="slip",
        edits=[
            edit(
                "scores, state, seen = decoder_step(layers, ids[:, t], state, memory, mask)",
                "scores, state, seen = decoder_step(layers, logits[-1].argmax(1) if logits else ids[:, 0], state, memory, mask)",
            )
        ],
    ),
    misconception(
        "start_is_always_one",
        hint="start is an argument: what is your first step given?",
        severity="slip",
        edits=[edit("torch.full((len(state),), start)", "torch.full((len(state),), 1)")],
    ),
    misconception(
        "weights_detached",
        hint="Scores learn through the weights: what does detach do to their gradient?",
        severity="slip",
        edits=[
            edit(
                "context = (weights[:, None] @ memory)[:, 0]",
                "context = (weights.detach()[:, None] @ memory)[:, 0]",
            )
        ],
    ),
    misconception(
        "tanh_of_each_part",
        hint="The tanh stands around the sum of query and key. In yours, do the weights change at all when the state does?",
        severity="slip",
        edits=[
            edit(
                "torch.tanh(layers.query(state)[:, None] + keys)",
                "(torch.tanh(layers.query(state))[:, None] + torch.tanh(keys))",
            )
        ],
    ),
    misconception(
        "greedy_keeps_a_graph",
        hint="Nobody needs gradients of what is written: what keeps the graph?",
        severity="slip",
        edits=[edit("with torch.no_grad():", "with torch.enable_grad():")],
    ),
    misconception(
        "masked_by_zero",
        hint="A score of 0 is not no weight: what does exp make of it?",
        severity="partial",
        edits=[
            edit(
                "weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)",
                "weights = (scores * mask).softmax(dim=1)",
            ),
        ],
    ),
    misconception(
        "masked_and_renormalised",
        hint="When a masked score is by far the largest, what weight has the softmax left for the others before you divide?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)",
                """
                weights = scores.softmax(dim=1) * mask
                weights = weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-12)
                """,
            ),
        ],
    ),
    misconception(
        "general_without_a_mask",
        hint="Both kinds look at a source that may be padded. Which of them uses the mask in your step?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)",
                'weights = (scores if layers.kind == "general" else scores.masked_fill(~mask, -torch.inf)).softmax(dim=1)',
            ),
        ],
    ),
    misconception(
        "padding_cleared_but_open",
        hint="A memory of zeros still has a score. What weight has the padding in your softmax?",
        severity="partial",
        edits=[
            edit(
                "weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)",
                """
                memory = memory * mask[:, :, None]
                weights = scores.softmax(dim=1)
                """,
            ),
        ],
    ),
    misconception(
        "filled_with_a_small_number",
        hint="Can a real score be lower than the number that you fill in?",
        severity="slip",
        edits=[
            edit("~mask, -torch.inf)", "~mask, -1e4)"),
        ],
    ),
    misconception(
        "axes_of_size_one_lost",
        hint="A squeeze without a number removes every axis of size 1. What becomes of a batch of one?",
        severity="slip",
        edits=[
            edit(
                "context = (weights[:, None] @ memory)[:, 0]",
                "context = (weights[:, None] @ memory).squeeze()",
            ),
        ],
    ),
    misconception(
        "looks_again_after_the_cell",
        hint="In the additive kind one look is made for each step, before the cell. Which weights go into your logits?",
        severity="slip",
        edits=[
            edit(
                "state = layers.cell(torch.cat([embedded, context], dim=1), state)",
                """
                state = layers.cell(torch.cat([embedded, context], dim=1), state)
                scores = torch.tanh(layers.query(state)[:, None] + keys) @ layers.u
                weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)
                context = (weights[:, None] @ memory)[:, 0]
                """,
            ),
        ],
    ),
    misconception(
        "tanh_before_the_readout",
        hint="The logits are W_r [h; c] + b_r. What stands around [h; c] in yours?",
        severity="partial",
        edits=[
            edit(
                "return layers.readout(torch.cat([state, context], dim=1)), state, weights",
                "return layers.readout(torch.cat([state, context], dim=1).tanh()), state, weights",
            ),
        ],
    ),
    misconception(
        "dropout_in_the_step",
        hint="A step has no dropout. What do two calls with the same arguments give?",
        severity="partial",
        edits=[
            edit(
                "embedded, keys = layers.embedding(ids), layers.key(memory)",
                "embedded, keys = F.dropout(layers.embedding(ids), 0.1), layers.key(memory)",
            ),
        ],
    ),
    misconception(
        "memory_detached_in_the_context",
        hint="The encoder learns through keys and through the context. What does detach do to the second way?",
        severity="slip",
        edits=[
            edit(
                "context = (weights[:, None] @ memory)[:, 0]",
                "context = (weights[:, None] @ memory.detach())[:, 0]",
            ),
        ],
    ),
    misconception(
        "decode_detaches_the_state",
        hint="Through several steps gradients reach the first state. What does detach do to them?",
        severity="slip",
        edits=[
            edit(
                "logits.append(scores)",
                """
                logits.append(scores)
                state = state.detach()
                """,
            ),
        ],
    ),
    misconception(
        "decode_begins_anew_each_step",
        hint="Step t begins at the state of step t - 1. What do the steps of your decode begin with?",
        severity="slip",
        edits=[
            edit(
                "scores, state, seen = decoder_step(layers, ids[:, t], state, memory, mask)",
                "scores, _, seen = decoder_step(layers, ids[:, t], state, memory, mask)",
            ),
        ],
    ),
    misconception(
        "greedy_draws_characters",
        hint="greedy takes the likeliest character. What do two calls of yours write?",
        severity="slip",
        edits=[
            edit("ids = logits.argmax(dim=1)", "ids = torch.multinomial(logits.softmax(dim=1), 1)[:, 0]"),
        ],
    ),
    misconception(
        "greedy_stops_at_the_end",
        hint="greedy writes `steps` characters whatever they are. When does your loop end?",
        severity="slip",
        edits=[
            edit(
                "written.append(ids)",
                """
                written.append(ids)
                if bool((torch.stack(written) == 2).any(dim=0).all()):
                    weights.append(seen)
                    break
                """,
            ),
        ],
    ),
    misconception(
        "greedy_pads_after_the_end",
        hint="greedy goes on whatever it writes. What is given to a step after an end in yours?",
        severity="slip",
        edits=[
            edit(
                "ids = logits.argmax(dim=1)",
                """
                ids = logits.argmax(dim=1)
                if written:
                    ids = ids.masked_fill(torch.stack(written).eq(2).any(dim=0), 0)
                """,
            ),
        ],
    ),
    misconception(
        "greedy_returns_the_start",
        hint="What is returned is what was written, without the start. What stands in your first column?",
        severity="slip",
        edits=[
            edit("written.append(ids)", "pass"),
            edit(
                "logits, state, seen = decoder_step(layers, ids, state, memory, mask)",
                """
                written.append(ids)
                logits, state, seen = decoder_step(layers, ids, state, memory, mask)
                """,
            ),
        ],
    ),
    misconception(
        "greedy_leaves_evaluation_mode",
        hint="Who trains on after a look at what is written? In which mode are the layers then?",
        severity="slip",
        edits=[
            edit(
                "ids = torch.full((len(state),), start)",
                """
                layers.eval()
                ids = torch.full((len(state),), start)
                """,
            ),
        ],
    ),
    misconception(
        "gradients_off_for_good",
        hint="Turned off without a with, gradients stay off. What does a training step after your greedy record?",
        severity="slip",
        edits=[
            edit(
                "ids = torch.full((len(state),), start)",
                """
                torch.set_grad_enabled(False)
                ids = torch.full((len(state),), start)
                """,
            ),
        ],
    ),
    misconception(
        "general_scores_scaled",
        hint="The card says that scores are not scaled. Which of your two kinds divides by a root?",
        severity="partial",
        edits=[
            edit(
                "scores = (keys @ state[:, :, None])[:, :, 0]",
                "scores = (keys @ state[:, :, None])[:, :, 0] / state.shape[1] ** 0.5",
            ),
        ],
    ),
    misconception(
        "additive_readout_of_the_old_state",
        hint="The logits are made of the new state. Which one does the readout of your additive kind see?",
        severity="partial",
        edits=[
            edit(
                "state = layers.cell(torch.cat([embedded, context], dim=1), state)",
                """
                new = layers.cell(torch.cat([embedded, context], dim=1), state)
                return layers.readout(torch.cat([state, context], dim=1)), new, weights
                """,
            ),
        ],
    ),
    misconception(
        "query_not_projected",
        hint="In the additive kind the state goes through a layer before it is added. Which parameters of yours get no gradient?",
        severity="partial",
        edits=[
            edit(
                "torch.tanh(layers.query(state)[:, None] + keys)",
                "torch.tanh(state[:, None] + keys)",
            ),
        ],
    ),
    misconception(
        "mask_of_the_first_example",
        hint="A mask (N, L) has a row for each example. Which rows do you use?",
        severity="partial",
        edits=[
            edit(
                "scores.masked_fill(~mask, -torch.inf)",
                "scores.masked_fill(~mask[:1], -torch.inf)",
            ),
        ],
    ),
    misconception(
        "end_written_again",
        hint="greedy writes what is likeliest, whatever it wrote before. What follows a 2 in yours?",
        severity="slip",
        edits=[
            edit(
                "ids = logits.argmax(dim=1)",
                "ids = torch.where(ids == 2, ids, logits.argmax(dim=1))",
            ),
        ],
    ),
]
