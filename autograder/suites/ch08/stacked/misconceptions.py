"""Wrong solutions of `stacked` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "states_by_direction_first",
        hint="Entry l K + k belongs to layer l and direction k: which entry do you take?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "before = tuple(state[len(found)] for state in states)",
                "before = tuple(state[direction * len(weights) + number] for state in states)",
            ),
        ],
    ),
    misconception(
        "time_turned_round_twice",
        hint="The layer turns time round itself: what do you hand it for the second direction?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "output, last = layer(x, lengths, one, before, direction == 1)",
                "output, last = layer(x if direction == 0 or number == 0 else x.flip(1), lengths, one, before, direction == 1)",
            ),
        ],
    ),
    misconception(
        "both_read_forwards",
        hint="Direction 1 reads backwards: what do you tell the layer?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "layer(x, lengths, one, before, direction == 1)",
                "layer(x, lengths, one, before, False)",
            ),
        ],
    ),
    misconception(
        "layer_dropout_result_discarded",
        hint="The next layer reads the result of what stands between: where does that result go?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "x = between(x)",
                "between(x)",
            ),
        ],
    ),
    misconception(
        "between_after_the_last_layer",
        hint="It stands between layers: is it applied after the last one too?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "x = torch.cat(outputs, dim=2)",
                """
                x = torch.cat(outputs, dim=2)
                if between is not None and number == len(weights) - 1:
                    x = between(x)
                """,
            ),
        ],
    ),
    misconception(
        "between_before_the_first_layer",
        hint="It stands between layers: does the first layer read its result too?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "if number > 0 and between is not None:",
                "if between is not None:",
            ),
        ],
    ),
    misconception(
        "backwards_joined_first",
        hint="Forwards comes first in the joined outputs: in which order do yours stand?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "x = torch.cat(outputs, dim=2)",
                "x = torch.cat(outputs[::-1], dim=2)",
            ),
        ],
    ),
    misconception(
        "directions_added",
        hint="The outputs of both directions stand side by side: do you add them up?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "x = torch.cat(outputs, dim=2)",
                "x = sum(outputs).repeat(1, 1, len(outputs))",
            ),
        ],
    ),
    misconception(
        "hidden_view_mixes_batch",
        hint="The batch is the second axis of the last states: whose numbers does your view put in a row?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return torch.cat(list(last[-directions:]), dim=1)",
                "return last[-directions:].reshape(last.shape[1], -1)",
            ),
        ],
    ),
    misconception(
        "directions_of_different_layers_joined",
        hint="Both states of the last layer: from which layer is each of yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return torch.cat(list(last[-directions:]), dim=1)",
                "return torch.cat([last[0], last[-1]], dim=1) if directions == 2 else last[-1]",
            ),
        ],
    ),
    misconception(
        "first_layer_as_the_sentence",
        hint="The last layer's states make the vector: which end of the list do you take?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "list(last[-directions:])",
                "list(last[:directions])",
            ),
        ],
    ),
    misconception(
        "every_layer_reads_the_input",
        hint="The outputs of one layer are the inputs of the next: what does your second layer read?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "x = torch.cat(outputs, dim=2)",
                """
                joined = torch.cat(outputs, dim=2)
                x = x if number < len(weights) - 1 and joined.shape == x.shape else joined
                """,
            ),
        ],
    ),
    misconception(
        "last_states_of_the_last_layer_alone",
        hint="The last states of all layers are asked for: whose do you return?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "found.append(last)",
                """
                found.append(last)
                if number == len(weights) - 1 and direction == 0:
                    found = [last] * len(found)
                """,
            ),
        ],
    ),
    misconception(
        "vectors_of_two_entries_always",
        hint="With one direction a sentence has one last state: how many entries do you join?",
        severity="slip",
        base="reference",
        edits=[edit("list(last[-directions:])", "list(last[-2:])")],
    ),
    misconception(
        "second_direction_reads_the_first",
        hint="Both directions read the same sequence: what does your second one read?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "output, last = layer(x, lengths, one, before, direction == 1)",
                "output, last = layer(outputs[0] if outputs else x, lengths, one, before, direction == 1)",
            ),
        ],
    ),
    misconception(
        "weights_of_the_first_direction",
        hint="Each direction has weights of its own: whose does your second one use?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "layer(x, lengths, one, before, direction == 1)",
                "layer(x, lengths, directions[0], before, direction == 1)",
            ),
        ],
    ),
    misconception(
        "only_the_first_state_returned",
        hint="A layer may have two states or three: how many of them do you return?",
        severity="partial",
        base="reference",
        edits=[edit("zip(*found, strict=True))", "list(zip(*found, strict=True))[:1])")],
    ),
    misconception(
        "all_forwards_first",
        hint="The last states are ordered by layer, then by direction: how are yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return x, tuple(",
                """
                found = [one for k in range(len(weights[0])) for one in found[k :: len(weights[0])]]
                return x, tuple(
                """,
            ),
        ],
    ),
    misconception(
        "inputs_added_to_outputs",
        hint="The next layer reads the outputs alone: do you add what the layer has read?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "x = torch.cat(outputs, dim=2)",
                """
                joined = torch.cat(outputs, dim=2)
                x = x + joined if x.shape == joined.shape else joined
                """,
            ),
        ],
    ),
    misconception(
        "vectors_backwards_first",
        hint="Forwards stands first in a sentence vector: in which order are yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "list(last[-directions:])",
                "list(last[-directions:].flip(0))",
            ),
        ],
    ),
    misconception(
        "vectors_detached",
        hint="Gradients reach everything: do your sentence vectors still hang on the last states?",
        severity="slip",
        base="reference",
        edits=[edit("list(last[-directions:])", "list(last[-directions:].detach())")],
    ),
    misconception(
        "between_for_each_direction",
        hint="It is applied to the joined outputs of a layer, once: how often do you call it with two directions?",
        severity="slip",
        base="reference",
        edits=[
            edit("x = between(x)", "pass"),
            edit(
                "output, last = layer(x, lengths, one, before, direction == 1)",
                """
                read = between(x) if number > 0 and between is not None else x
                output, last = layer(read, lengths, one, before, direction == 1)
                """,
            ),
        ],
    ),
    misconception(
        "between_before_joining",
        hint="It is applied to the joined outputs of a layer: are yours joined before you call it?",
        severity="slip",
        base="reference",
        edits=[
            edit("x = between(x)", "pass"),
            edit(
                "outputs.append(output)",
                "outputs.append(between(output) if between is not None and number + 1 < len(weights) else output)",
            ),
        ],
    ),
    misconception(
        "last_states_without_gradient",
        hint="Gradients reach everything, through the last states too: do you copy them as bare numbers?",
        severity="slip",
        base="reference",
        edits=[edit("found.append(last)", "found.append(tuple(state.detach() for state in last))")],
    ),
]
