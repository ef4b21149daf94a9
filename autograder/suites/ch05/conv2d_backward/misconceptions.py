"""Wrong solutions of `conv2d_backward` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "loops_over_taps"

MISCONCEPTIONS = [
    misconception(
        "batch_of_one_squeezed",
        hint="A batch of one image is still a batch: which dimensions does squeeze() remove?",
        severity="slip",
        edits=[
            edit(
                "return grad_x, grad_weight, grad_output.sum((0, 2, 3))",
                "return grad_x.squeeze(), grad_weight.squeeze(), grad_output.sum((0, 2, 3)).squeeze()",
            )
        ],
    ),
    misconception(
        "bias_gradient_mean",
        hint="The bias is added at every place of every image: do those gradients add up or average?",
        severity="slip",
        edits=[
            edit(
                "return grad_x, grad_weight, grad_output.sum((0, 2, 3))",
                "return grad_x, grad_weight, grad_output.mean((0, 2, 3))",
            )
        ],
    ),
    misconception(
        "bias_gradient_per_image",
        hint="The bias is added at every place of every image: over which dimensions does its gradient sum?",
        severity="slip",
        edits=[edit("grad_output.sum((0, 2, 3))", "grad_output.sum((2, 3))[0]")],
    ),
    misconception(
        "bias_gradient_keeps_axes",
        hint="The bias has one axis: how many axes has its gradient?",
        severity="slip",
        edits=[edit("grad_output.sum((0, 2, 3))", "grad_output.sum((0, 2, 3), keepdim=True)")],
    ),
    misconception(
        "channels_transposed",
        hint="The weight is (C_out, C_in, kh, kw): which of its channel axes meets the gradient's channels?",
        severity="partial",
        edits=[
            edit(
                'grad_padded[:, :, rows, columns] += torch.einsum("nohw,oc->nchw", grad_output, weight[:, :, i, j])',
                """
                tap = weight[:, :, i, j].reshape(weight.shape[1], weight.shape[0])
                grad_padded[:, :, rows, columns] += torch.einsum("nohw,co->nchw", grad_output, tap)
                """,
            ),
        ],
    ),
    misconception(
        "cut_by_minus_zero",
        hint="With padding on one axis only, what is left of the other after a slice such as 0:-0?",
        severity="slip",
        edits=[
            edit(
                "grad_x = grad_padded[:, :, ph : ph + h, pw : pw + w]",
                "grad_x = grad_padded[:, :, ph:-ph, pw:-pw] if ph or pw else grad_padded",
            )
        ],
    ),
    misconception(
        "kernel_not_flipped",
        hint="A pixel left of a window's centre was read by its right-hand tap: in which order do the taps come on the way back?",
        severity="partial",
        edits=[
            edit(
                'grad_padded[:, :, rows, columns] += torch.einsum("nohw,oc->nchw", grad_output, weight[:, :, i, j])',
                """
                tap = weight[:, :, kh - 1 - i, kw - 1 - j]
                grad_padded[:, :, rows, columns] += torch.einsum("nohw,oc->nchw", grad_output, tap)
                """,
            ),
        ],
    ),
    misconception(
        "mean_over_batch",
        hint="The incoming gradient already carries the loss's 1/N: do you average over the batch once more?",
        severity="serious",
        edits=[
            edit(
                "return grad_x, grad_weight, grad_output.sum((0, 2, 3))",
                "return grad_x, grad_weight / len(x), grad_output.mean(0).sum((1, 2))",
            )
        ],
    ),
    misconception(
        "padding_left_on",
        hint="The image's gradient has the image's shape: which part of the padded gradient belongs to the image?",
        severity="partial",
        edits=[
            edit("grad_x = grad_padded[:, :, ph : ph + h, pw : pw + w]", "grad_x = grad_padded[:, :, :h, :w]")
        ],
    ),
    misconception(
        "padding_swapped",
        hint="A pair is (vertical, horizontal): which of the two does F.pad expect first?",
        severity="slip",
        edits=[edit("ph, pw = (padding, padding)", "pw, ph = (padding, padding)")],
    ),
    misconception(
        "single_channel_squeezed",
        hint="With a single output channel the bias is still a list of numbers, with one entry: what is your gradient's shape?",
        severity="slip",
        edits=[
            edit(
                "return grad_x, grad_weight, grad_output.sum((0, 2, 3))",
                """
                grad_bias = grad_output.sum((0, 2, 3))
                return grad_x, grad_weight, grad_bias.squeeze() if len(grad_bias) == 1 else grad_bias
                """,
            ),
        ],
    ),
    misconception(
        "stride_ignored",
        hint="With a stride neighbouring outputs read windows that lie further apart: where does each output's gradient go?",
        severity="partial",
        edits=[
            after("ph, pw = (padding, padding) if isinstance(padding, int) else padding", "sh, sw = 1, 1")
        ],
    ),
    misconception(
        "unpadded_image_for_weight",
        hint="Which image did the kernel slide over in the forward pass, with its padding or without?",
        severity="partial",
        edits=[edit("padded = F.pad(x, (pw, pw, ph, ph))", "padded = F.pad(x, (0, 2 * pw, 0, 2 * ph))")],
    ),
    misconception(
        "weight_gradient_flipped",
        hint="Tap (i, j) multiplied the pixel i down and j right of the window's corner: which pixels go into its gradient?",
        severity="partial",
        edits=[
            edit(
                'grad_weight[:, :, i, j] = torch.einsum("nohw,nchw->oc", grad_output, padded[:, :, rows, columns])',
                """
                seen = padded[:, :, rows, columns]
                grad_weight[:, :, kh - 1 - i, kw - 1 - j] = torch.einsum("nohw,nchw->oc", grad_output, seen)
                """,
            ),
        ],
    ),
    misconception(
        "windows_overwrite",
        hint="A pixel that several windows see has a part in all of their outputs: what becomes of gradients that meet there?",
        severity="partial",
        edits=[
            edit(
                'grad_padded[:, :, rows, columns] += torch.einsum("nohw,oc->nchw", grad_output, weight[:, :, i, j])',
                'grad_padded[:, :, rows, columns] = torch.einsum("nohw,oc->nchw", grad_output, weight[:, :, i, j])',
            )
        ],
    ),
    misconception(
        "sized_by_the_windows",
        hint="The stride may leave pixels at the border unread: their gradient is zero, but is it there?",
        severity="slip",
        edits=[
            edit(
                "grad_x = grad_padded[:, :, ph : ph + h, pw : pw + w]",
                "grad_x = grad_padded[:, :, ph : (oh - 1) * sh + kh - ph, pw : (ow - 1) * sw + kw - pw]",
            )
        ],
    ),
    misconception(
        "view_of_the_gradient",
        hint="view() asks for numbers that lie in order in memory: do those of a transposed gradient?",
        severity="slip",
        edits=[after("h, w = x.shape[2:]", "grad_output.view(len(x), len(weight), -1)")],
    ),
    misconception(
        "bias_gradient_in_float32",
        hint="Each gradient has the dtype of what it belongs to: which one has your bias's?",
        severity="slip",
        edits=[edit("grad_output.sum((0, 2, 3))", "grad_output.sum((0, 2, 3)).float()")],
    ),
]
