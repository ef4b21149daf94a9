"""Wrong solutions of `conv1d_backward` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "loop_over_taps"
SCATTER = "grad_x[tap : tap + reach : stride] += weight[tap] * grad_output"

MISCONCEPTIONS = [
    misconception(
        "overwritten_where_windows_overlap",
        hint="A number that two windows read gets a gradient from both: does the second one replace the first?",
        severity="partial",
        edits=[edit(SCATTER, "grad_x[tap : tap + reach : stride] = weight[tap] * grad_output")],
    ),
    misconception(
        "kernel_flipped",
        hint="Place i read x[i + u] with weight u: with which weight does it hand its gradient back to x[i + u]?",
        severity="partial",
        edits=[edit("+= weight[tap] * grad_output", "+= weight[size - 1 - tap] * grad_output")],
    ),
    misconception(
        "weight_gradient_flipped",
        hint="Tap u met x[i + u]: which entry of the gradient belongs to it?",
        severity="partial",
        edits=[edit("return grad_x, grad_weight", "return grad_x, grad_weight.flip(0)")],
    ),
    misconception(
        "stride_ignored_in_x",
        hint="With stride s window i begins at i s: onto which numbers do you add its share?",
        severity="partial",
        edits=[
            edit(SCATTER, "grad_x[tap : tap + len(grad_output)] += weight[tap] * grad_output"),
        ],
    ),
    misconception(
        "stride_ignored_in_weight",
        hint="The weight's gradient sees the windows of the forward pass: how far apart do they begin?",
        severity="partial",
        edits=[
            edit(
                "grad_weight[tap] = (grad_output * x[tap : tap + reach : stride]).sum()",
                "grad_weight[tap] = (grad_output * x[tap : tap + len(grad_output)]).sum()",
            )
        ],
    ),
    misconception(
        "unread_end_missing",
        hint="The stride may leave the signal's end unread: its gradient is zero, but is it there?",
        severity="slip",
        edits=[edit("return grad_x, grad_weight", "return grad_x[: reach + size - 1], grad_weight")],
    ),
    misconception(
        "mean_over_places",
        hint="A tap was used at every place: do its gradients add up or average?",
        severity="partial",
        edits=[edit("tap : tap + reach : stride]).sum()", "tap : tap + reach : stride]).mean()")],
    ),
    misconception(
        "last_tap_left_out",
        hint="A kernel of K entries has taps 0 to K - 1: does your loop reach the last one?",
        severity="serious",
        edits=[edit("for tap in range(size):", "for tap in range(max(1, size - 1)):")],
    ),
    misconception(
        "gradients_swapped",
        hint="The order is (grad_x, grad_weight): which of yours comes first?",
        severity="serious",
        edits=[edit("return grad_x, grad_weight", "return grad_weight, grad_x")],
    ),
    misconception(
        "weights_instead_of_signal",
        hint="The derivative of a product by one factor is the other one: what stood beside w in the forward pass?",
        severity="partial",
        edits=[
            edit(
                "grad_weight[tap] = (grad_output * x[tap : tap + reach : stride]).sum()",
                "grad_weight[tap] = (grad_output * weight[tap]).sum()",
            )
        ],
    ),
    misconception(
        "incoming_gradient_ignored",
        hint="Every place has a gradient of its own: where does grad_output enter?",
        severity="serious",
        edits=[edit("size = len(weight)", "size, grad_output = len(weight), torch.ones_like(grad_output)")],
    ),
    misconception(
        "later_window_overwrites",
        hint="A number that two windows read gets a gradient from both: what is left of the first after the second?",
        severity="partial",
        edits=[
            edit(
                SCATTER,
                """
                if tap == 0:
                    for i, g in enumerate(grad_output):
                        grad_x[i * stride : i * stride + size] = g * weight
                """,
            )
        ],
    ),
    misconception(
        "float32_gradient",
        hint="Each gradient has the dtype of what it belongs to: which one has the tensor that you add into?",
        severity="slip",
        edits=[
            edit("grad_x, grad_weight = torch.zeros_like(x),", "grad_x, grad_weight = torch.zeros(len(x)),")
        ],
    ),
]
