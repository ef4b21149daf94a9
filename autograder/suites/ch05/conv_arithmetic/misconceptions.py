"""Wrong solutions of `conv_arithmetic` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "dilation_ignored_in_field",
        hint="Dilated taps stand apart: how far does such a layer reach in its own input?",
        severity="slip",
        edits=[
            edit("kernel_size, stride, dilation in", "kernel_size, stride, _ in"),
            edit("field += dilation * (kernel_size - 1) * jump", "field += (kernel_size - 1) * jump"),
        ],
    ),
    misconception(
        "dilation_ignored_in_size",
        hint="How many pixels does a kernel of 3 taps reach across when its taps stand 2 apart?",
        severity="slip",
        edits=[edit("extent = dilation * (kernel_size - 1) + 1", "extent = kernel_size")],
    ),
    misconception(
        "dilation_ignored_in_the_check",
        hint="A kernel of 3 taps may reach over 7 pixels: what do you compare with the padded input?",
        severity="slip",
        edits=[edit("if size + 2 * padding < extent:", "if size + 2 * padding < kernel_size:")],
    ),
    misconception(
        "dilation_times_kernel",
        hint="Between 3 taps there are only 2 gaps: how far does a dilated kernel reach?",
        severity="slip",
        edits=[edit("extent = dilation * (kernel_size - 1) + 1", "extent = dilation * kernel_size")],
    ),
    misconception(
        "first_place_not_counted",
        hint="How many places are there for a kernel as wide as the row?",
        severity="partial",
        edits=[edit("stride + 1", "stride")],
    ),
    misconception(
        "jump_ignored",
        hint="A pixel of the second layer's input stands for how many pixels of the image after a stride of 2?",
        severity="partial",
        edits=[edit("(kernel_size - 1) * jump", "(kernel_size - 1)")],
    ),
    misconception(
        "jumps_added",
        hint="A step of 2 in steps of 3 is a step of how many pixels?",
        severity="slip",
        edits=[edit("jump *= stride", "jump += stride - 1")],
    ),
    misconception(
        "kernels_added",
        hint="Two kernels of 3 on top of each other see 5 pixels, not 6: what does each further layer add?",
        severity="partial",
        edits=[
            edit("field, jump = 1, 1", "field, jump = 0, 1"),
            edit(
                "field += dilation * (kernel_size - 1) * jump",
                "field += (dilation * (kernel_size - 1) + 1) * jump",
            ),
        ],
    ),
    misconception(
        "layers_from_the_top",
        hint="The layers are listed from the input upwards: with which one do you begin?",
        severity="partial",
        edits=[edit("dilation in layers", "dilation in reversed(layers)")],
    ),
    misconception(
        "own_stride_first",
        hint="A layer's own stride moves its outputs apart: does it change how far one output of that layer sees?",
        severity="partial",
        edits=[
            after("for kernel_size, stride, dilation in layers:", "    jump *= stride"),
            edit(
                """
                    jump *= stride
                return field, jump
                """,
                "return field, jump",
            ),
        ],
    ),
    misconception(
        "padding_counted_once",
        hint="Padding surrounds the row: how many zeros does it add in all?",
        severity="slip",
        edits=[
            edit("if size + 2 * padding < extent:", "if size + padding < extent:"),
            edit("2 * padding - extent", "padding - extent"),
        ],
    ),
    misconception(
        "rounded_towards_zero",
        hint="int() of a negative fraction rounds towards zero, // rounds down: what comes out for a kernel one pixel too large?",
        severity="slip",
        edits=[
            edit(
                "if size + 2 * padding < extent:",
                """
                places = int((size + 2 * padding - extent) / stride) + 1
                if places <= 0:
                """,
            ),
            edit("return (size + 2 * padding - extent) // stride + 1", "return places"),
        ],
    ),
    misconception(
        "rounded_up",
        hint="A window that sticks out of the image gives no output: what becomes of an incomplete last step?",
        severity="slip",
        edits=[edit("(size + 2 * padding - extent) // stride", "-((extent - size - 2 * padding) // stride)")],
    ),
    misconception(
        "same_for_even_kernels",
        hint="Padding (k - 1) // 2 keeps the size for odd kernels: does it for a kernel of 4?",
        severity="slip",
        edits=[
            edit(
                "return (size + 2 * padding - extent) // stride + 1",
                """
                if padding and padding == (kernel_size - 1) // 2 and dilation == 1:
                    return -(-size // stride)
                return (size + 2 * padding - extent) // stride + 1
                """,
            ),
        ],
    ),
    misconception(
        "too_large_kernel_accepted",
        hint="How many outputs has a kernel that does not fit anywhere? What should the caller learn?",
        severity="slip",
        edits=[
            edit(
                'raise ValueError(f"a kernel of extent {extent} does not fit in {size} + 2 * {padding} pixels")',
                "return 0",
            )
        ],
    ),
    misconception(
        "true_division",
        hint="A number of places is a whole number: which division do you use?",
        severity="slip",
        edits=[
            edit(
                "return (size + 2 * padding - extent) // stride + 1",
                "return (size + 2 * padding - extent) / stride + 1",
            )
        ],
    ),
    misconception(
        "dilation_times_kernel_in_field",
        hint="Between 3 taps there are only 2 gaps: over how many pixels of its input does a dilated layer see?",
        severity="slip",
        edits=[
            edit(
                "field += dilation * (kernel_size - 1) * jump", "field += (dilation * kernel_size - 1) * jump"
            )
        ],
    ),
    misconception(
        "pointwise_layers_skipped",
        hint="A layer of one tap sees no further: what does its stride do for the layers above it?",
        severity="slip",
        edits=[
            edit(
                "field += dilation * (kernel_size - 1) * jump",
                """
                if kernel_size == 1:
                    continue
                field += dilation * (kernel_size - 1) * jump
                """,
            )
        ],
    ),
]
