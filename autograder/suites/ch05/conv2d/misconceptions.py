"""Wrong solutions of `conv2d` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "loops_over_groups"

MISCONCEPTIONS = [
    misconception(
        "bias_of_zero_skipped",
        hint="A bias begins at zero: if zeros are left out, what gradient do they get?",
        severity="slip",
        edits=[edit("if bias is None else", "if bias is None or not bias.any() else")],
    ),
    misconception(
        "bias_per_tap",
        hint="The bias belongs to the finished output pixel: how many times do you add it?",
        severity="partial",
        edits=[edit("else y + bias.view", "else y + kh * kw * bias.view")],
    ),
    misconception(
        "channels_not_summed",
        hint="An output channel listens to every input channel: over what is the product of window and kernel summed?",
        severity="serious",
        edits=[
            edit(
                'y = y + torch.einsum("nchw,oc->nohw", image[:, :, rows, columns], kernel[:, :, i, j])',
                'y = y + torch.einsum("nchw,oc->nohw", image[:, -1:, rows, columns], kernel[:, -1:, i, j])',
            )
        ],
    ),
    misconception(
        "dilated_windows_copied",
        hint="A copy through NumPy knows nothing of autograd: does the gradient find its way back with dilation too?",
        severity="slip",
        edits=[
            after(
                "x = F.pad(x, (pw, pw, ph, ph))",
                """
                if dh > 1 or dw > 1:
                    x = torch.from_numpy(x.detach().numpy().copy())
                """,
            ),
        ],
    ),
    misconception(
        "dilation_ignored",
        hint="With dilation the kernel's taps stand apart: which pixels does the second tap read?",
        severity="slip",
        edits=[edit("(dilation, dilation) if isinstance(dilation, int) else dilation", "1, 1")],
    ),
    misconception(
        "dilation_not_in_output_size",
        hint="A dilated kernel reaches further than its number of taps: how many windows fit then?",
        severity="slip",
        edits=[
            edit("dh * (kh - 1) - 1", "kh"),
            edit("dw * (kw - 1) - 1", "kw"),
        ],
    ),
    misconception(
        "dimensions_of_one_squeezed",
        hint="A batch of one image is still a batch: which dimensions does squeeze() remove?",
        severity="slip",
        edits=[
            edit(
                "return y if bias is None else y + bias.view(1, -1, 1, 1)",
                """
                y = y if bias is None else y + bias.view(1, -1, 1, 1)
                return y.squeeze()
                """,
            ),
        ],
    ),
    misconception(
        "flipped_kernel",
        hint="Deep learning's convolution is a cross-correlation: does your kernel slide as it is, or mirrored?",
        severity="serious",
        edits=[after("out_channels, _, kh, kw = weight.shape", "weight = weight.flip(2, 3)")],
    ),
    misconception(
        "float32_accumulator",
        hint="Which dtype has the tensor you collect the output in, when the image is float64?",
        severity="slip",
        edits=[
            edit("x.new_zeros", "torch.zeros"),
            edit(
                'torch.einsum("nchw,oc->nohw", image[:, :, rows, columns], kernel[:, :, i, j])',
                'torch.einsum("nchw,oc->nohw", image[:, :, rows, columns], kernel[:, :, i, j]).float()',
            ),
        ],
    ),
    misconception(
        "groups_interleaved",
        hint="Groups are blocks of neighbouring channels: which of 4 channels belong to the first of two groups?",
        severity="slip",
        edits=[edit("x.chunk(groups, 1)", "[x[:, g::groups] for g in range(groups)]")],
    ),
    misconception(
        "groups_share_first_input",
        hint="With groups, each group of output channels has input channels of its own: which ones does the second group see?",
        severity="slip",
        edits=[edit("x.chunk(groups, 1)", "[x.chunk(groups, 1)[0]] * groups")],
    ),
    misconception(
        "kernel_detached",
        hint="Training needs a path from the output back to the weight: where does yours leave autograd?",
        severity="partial",
        edits=[
            after(
                "out_channels, _, kh, kw = weight.shape",
                "weight = torch.tensor(weight.tolist(), dtype=weight.dtype)",
            )
        ],
    ),
    misconception(
        "last_window_missing",
        hint="Count the windows of a 5-pixel row under a 3-pixel kernel: is the last one there?",
        severity="serious",
        edits=[
            edit(
                "(x.shape[2] - dh * (kh - 1) - 1) // sh + 1", "max((x.shape[2] - dh * (kh - 1) - 1) // sh, 1)"
            ),
            edit(
                "(x.shape[3] - dw * (kw - 1) - 1) // sw + 1", "max((x.shape[3] - dw * (kw - 1) - 1) // sw, 1)"
            ),
        ],
    ),
    misconception(
        "misfit_not_refused",
        hint="What should happen when the weight's channels, times the groups, are not the image's channels?",
        severity="slip",
        edits=[
            edit("weight.shape[1] or weight.shape[0] % groups != 0", "weight.shape[1]"),
            edit(
                'raise ValueError("the channels do not fit together")',
                "x = x[:, :1].expand(-1, groups * weight.shape[1], -1, -1)",
            ),
        ],
    ),
    misconception(
        "one_channel_repeated",
        hint="einsum and broadcasting repeat an axis of size 1: what happens to a weight for one channel on an image of three?",
        severity="slip",
        edits=[
            edit(
                "if x.shape[1] != groups * weight.shape[1] or weight.shape[0] % groups != 0:",
                """
                fits = x.shape[1] // groups == weight.shape[1] or 1 in (x.shape[1] // groups, weight.shape[1])
                if not fits or x.shape[1] % groups != 0 or weight.shape[0] % groups != 0:
                """,
            ),
        ],
    ),
    misconception(
        "padding_on_one_side",
        hint="Padding surrounds the image: how many rows of zeros are above it, and how many below?",
        severity="slip",
        edits=[edit("x = F.pad(x, (pw, pw, ph, ph))", "x = F.pad(x, (2 * pw, 0, 2 * ph, 0))")],
    ),
    misconception(
        "padding_swapped",
        hint="A pair is (vertical, horizontal): which of the two does F.pad expect first?",
        severity="slip",
        edits=[edit("x = F.pad(x, (pw, pw, ph, ph))", "x = F.pad(x, (ph, ph, pw, pw))")],
    ),
    misconception(
        "square_only",
        hint="Images and kernels need not be square: which of your sizes come from the height, and which from the width?",
        severity="serious",
        edits=[edit("ow = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1", "ow = oh")],
    ),
    misconception(
        "stride_forgotten_with_groups",
        hint="Groups are smaller convolutions with the same settings: which of them do yours get?",
        severity="slip",
        edits=[
            after(
                "sh, sw = (stride, stride) if isinstance(stride, int) else stride",
                """
                if groups > 1:
                    sh, sw = 1, 1
                """,
            ),
        ],
    ),
    misconception(
        "stride_swapped",
        hint="A pair is (vertical, horizontal): which of the two steps moves the window down, and which to the right?",
        severity="slip",
        edits=[edit("sh, sw = (stride, stride)", "sw, sh = (stride, stride)")],
    ),
    misconception(
        "windows_rounded_up",
        hint="A window that sticks out of the padded image does not count: do you round up?",
        severity="slip",
        edits=[
            edit(
                "x = F.pad(x, (pw, pw, ph, ph))",
                """
                rest_h = -(x.shape[2] + 2 * ph - dh * (kh - 1) - 1) % sh
                rest_w = -(x.shape[3] + 2 * pw - dw * (kw - 1) - 1) % sw
                x = F.pad(x, (pw, pw + rest_w, ph, ph + rest_h))
                """,
            ),
        ],
    ),
    misconception(
        "positions_reshaped_without_transpose",
        hint="Columns hold positions first and channels last: does a reshape swap the two?",
        severity="serious",
        edits=[
            edit(
                'y = y + torch.einsum("nchw,oc->nohw", image[:, :, rows, columns], kernel[:, :, i, j])',
                'y = y + torch.einsum("nchw,oc->nhwo", image[:, :, rows, columns], kernel[:, :, i, j]).reshape(y.shape)',
            ),
        ],
    ),
    misconception(
        "assert_instead_of_an_error",
        hint="What does not fit is a ValueError: which exception does an assert raise?",
        severity="slip",
        edits=[
            edit(
                """
                if x.shape[1] != groups * weight.shape[1] or weight.shape[0] % groups != 0:
                    raise ValueError("the channels do not fit together")
                """,
                "assert x.shape[1] == groups * weight.shape[1] and weight.shape[0] % groups == 0",
            ),
        ],
    ),
    misconception(
        "bias_forgotten_with_groups",
        hint="The bias belongs to the output, with groups and without: where do you add it when there are groups?",
        severity="slip",
        edits=[edit("if bias is None else", "if bias is None or groups > 1 else")],
    ),
    misconception(
        "dilation_times_kernel",
        hint="Between 3 taps there are only 2 gaps: over how many pixels does a dilated kernel reach?",
        severity="slip",
        edits=[edit("dh * (kh - 1) - 1", "dh * kh"), edit("dw * (kw - 1) - 1", "dw * kw")],
    ),
    misconception(
        "gradient_only_with_the_image",
        hint="The image of a first layer needs no gradient: do weight and bias get theirs all the same?",
        severity="slip",
        edits=[
            edit(
                "return y if bias is None else y + bias.view(1, -1, 1, 1)",
                """
                y = y if bias is None else y + bias.view(1, -1, 1, 1)
                return y if x.requires_grad else y.detach()
                """,
            ),
        ],
    ),
    misconception(
        "dilation_forgotten_with_groups",
        hint="Groups are smaller convolutions with the same settings: which of them do yours get?",
        severity="slip",
        edits=[
            after(
                "dh, dw = (dilation, dilation) if isinstance(dilation, int) else dilation",
                """
                if groups > 1:
                    dh, dw = 1, 1
                """,
            ),
        ],
    ),
    misconception(
        "groups_dealt_like_cards",
        hint="Groups are blocks of neighbours, in the image and in the output: which of 4 channels are in the first of two?",
        severity="slip",
        edits=[
            edit("x.chunk(groups, 1)", "[x[:, g::groups] for g in range(groups)]"),
            edit("weight.chunk(groups, 0)", "[weight[g::groups] for g in range(groups)]"),
            edit("y = torch.cat(outputs, dim=1)", "y = torch.stack(outputs, dim=2).flatten(1, 2)"),
        ],
    ),
    misconception(
        "output_groups_not_checked",
        hint="Three output channels in two groups: how many channels has your output, and who is told?",
        severity="slip",
        edits=[
            edit("weight.shape[1] or weight.shape[0] % groups != 0", "weight.shape[1]"),
            edit("weight.chunk(groups, 0)", "weight.split(max(len(weight) // groups, 1))"),
            edit("strict=True", "strict=False"),
            edit("y + bias.view(1, -1, 1, 1)", "y + bias[: y.shape[1]].view(1, -1, 1, 1)"),
        ],
    ),
    misconception(
        "vertical_stride_for_both",
        hint="A stride may be a pair: which of its two numbers moves your window to the right?",
        severity="slip",
        edits=[
            after("sh, sw = (stride, stride) if isinstance(stride, int) else stride", "sw = sh"),
        ],
    ),
]
