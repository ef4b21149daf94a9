"""Wrong solutions of `conv1d` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "loop_over_taps"

MISCONCEPTIONS = [
    misconception(
        "kernel_flipped",
        hint="Deep learning's convolution is a cross-correlation: which tap meets the first number of a window?",
        severity="partial",
        edits=[edit("weight[:, :, tap])", "weight[:, :, size - 1 - tap])")],
    ),
    misconception(
        "channels_not_summed",
        hint="An output channel listens to every input channel: over which of them do you sum?",
        severity="serious",
        edits=[
            edit(
                '"ncl,oc->nol", x[:, :, tap : tap + reach : stride], weight[:, :, tap])',
                '"ncl,oc->nol", x[:, :1, tap : tap + reach : stride], weight[:, :1, tap])',
            )
        ],
    ),
    misconception(
        "one_kernel_for_all_outputs",
        hint="There is one kernel for each output channel: which one makes the second?",
        severity="serious",
        edits=[edit("weight[:, :, tap])", "weight[:1, :, tap].expand(weight.shape[0], -1))")],
    ),
    misconception(
        "same_kernel_for_all_inputs",
        hint="A kernel is as deep as its input: which of its slices meets the second input channel?",
        severity="serious",
        edits=[edit("weight[:, :, tap])", "weight[:, :1, tap].expand(-1, weight.shape[1]))")],
    ),
    misconception(
        "mean_over_taps",
        hint="A window's products are added up: by what do you divide them?",
        severity="serious",
        edits=[edit("return y", "return y / size")],
    ),
    misconception(
        "stride_ignored",
        hint="With stride 2 the window passes over every second place: where does your second window begin?",
        severity="partial",
        edits=[after("size = weight.shape[2]", "stride = 1")],
    ),
    misconception(
        "last_window_lost",
        hint="Count the places where the kernel fits, the first and the last one too: how many are there?",
        severity="serious",
        edits=[edit("(x.shape[2] - size) // stride + 1", "max(1, (x.shape[2] - size) // stride)")],
    ),
    misconception(
        "windows_rounded_up",
        hint="A window that sticks out at the end does not count: do you round up?",
        severity="slip",
        edits=[
            after(
                "size = weight.shape[2]",
                "x = F.pad(x, (0, -(x.shape[2] - size) % stride))",
            )
        ],
    ),
    misconception(
        "padded_to_the_same_length",
        hint="Nothing is put around the signal: how many places are there then?",
        severity="serious",
        edits=[after("size = weight.shape[2]", "x = F.pad(x, (size // 2, size // 2))")],
    ),
    misconception(
        "batch_of_one_squeezed",
        hint="A batch of one signal is still a batch: which dimensions does squeeze() remove?",
        severity="slip",
        edits=[edit("return y", "return y.squeeze(0)")],
    ),
    misconception(
        "gradient_cut",
        hint="A copy through NumPy knows nothing of autograd: how does a gradient find its way back?",
        severity="slip",
        edits=[after("size = weight.shape[2]", "x, weight = x.detach(), weight.detach()")],
    ),
    misconception(
        "first_sample_for_all",
        hint="Each signal of the batch has an output of its own: which of them do you read?",
        severity="serious",
        edits=[edit('"ncl,oc->nol", x[:, :, tap', '"ncl,oc->nol", x[:1].expand(len(x), -1, -1)[:, :, tap')],
    ),
    misconception(
        "float32_output",
        hint="The output has its input's dtype: which one has the tensor in which you collect it?",
        severity="slip",
        edits=[
            edit("y = x.new_zeros(", "y = torch.zeros("),
            edit("y = y + torch.einsum(", "y += torch.einsum("),
        ],
    ),
    misconception(
        "contiguous_strides_taken_for_granted",
        hint="A transposed, sliced or expanded signal lies otherwise in memory: whose strides do you use?",
        severity="slip",
        edits=[
            after(
                "size = weight.shape[2]",
                "x = x.as_strided(x.shape, (x.shape[1] * x.shape[2], x.shape[2], 1))",
            )
        ],
    ),
    misconception(
        "view_of_the_kernel",
        hint="view() asks for numbers that lie in order in memory: do those of a sliced or transposed kernel?",
        severity="slip",
        edits=[after("size = weight.shape[2]", "weight = weight.view(len(weight), -1).view(weight.shape)")],
    ),
]
