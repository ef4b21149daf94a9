"""Wrong solutions of `pooling` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "unfolded_views"

MISCONCEPTIONS = [
    misconception(
        "finite_padding_for_max",
        hint="Is there an image all of whose values are smaller than the number you pad with?",
        severity="slip",
        edits=[edit("value=-math.inf", "value=-1e9")],
    ),
    misconception(
        "global_average_detached",
        hint="Global average pooling is a layer like the others: does a gradient come back through it?",
        severity="slip",
        edits=[edit("return x.mean((2, 3))", "return x.detach().mean((2, 3))")],
    ),
    misconception(
        "global_average_keeps_axes",
        hint="Global average pooling gives one number per channel: what is the shape of its output?",
        severity="slip",
        edits=[edit("return x.mean((2, 3))", "return x.mean((2, 3), keepdim=True)")],
    ),
    misconception(
        "global_average_over_batch",
        hint="Each image has averages of its own: over which axes do you take the mean?",
        severity="slip",
        edits=[edit("return x.mean((2, 3))", "return x.mean((0, 2, 3)).expand(x.shape[:2])")],
    ),
    misconception(
        "gradient_to_whole_window",
        hint="Which of a window's places does the maximum depend on, if you move each a little?",
        severity="partial",
        edits=[
            edit("winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)", ""),
            edit(
                "grad_x[:, :, rows, columns] += grad_output * (winner == k)",
                "grad_x[:, :, rows, columns] += grad_output / (kh * kw)",
            ),
        ],
    ),
    misconception(
        "incomplete_window_kept",
        hint="What becomes of a last window that sticks out of the image?",
        severity="slip",
        edits=[
            after(
                "padded = F.pad(x, (pw, pw, ph, ph), value=-math.inf)",
                """
                padded = F.pad(
                    padded, (0, (-(padded.shape[3] - kw)) % sw, 0, (-(padded.shape[2] - kh)) % sh), value=-math.inf
                )
                """,
            ),
        ],
    ),
    misconception(
        "kernel_square",
        hint="A window may be wider than high: which side of it do you use for the columns?",
        severity="slip",
        edits=[
            edit(
                """
                def max_pool2d(x, kernel_size, stride=None, padding=0):
                    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
                    sh, sw = (kh, kw) if stride is None else pair(stride)
                """,
                """
                def max_pool2d(x, kernel_size, stride=None, padding=0):
                    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
                    kw = kh
                    sh, sw = (kh, kw) if stride is None else pair(stride)
                """,
            ),
            edit(
                """
                (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
                sh, sw = (kh, kw) if stride is None else pair(stride)
                """,
                """
                (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
                kw = kh
                sh, sw = (kh, kw) if stride is None else pair(stride)
                """,
            ),
        ],
    ),
    misconception(
        "last_of_ties",
        hint="Among equal values, which place does a search from the first to the last keep: with > or with >=?",
        severity="slip",
        edits=[
            edit(
                "x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)",
                "kh * kw - 1 - x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).flip(-1)",
            )
        ],
    ),
    misconception(
        "overlaps_overwrite",
        hint="A place may win in several windows: do their gradients add up, or does the last one stay?",
        severity="slip",
        edits=[
            edit(
                "grad_x[:, :, rows, columns] += grad_output * (winner == k)",
                """
                here = grad_x[:, :, rows, columns]
                grad_x[:, :, rows, columns] = torch.where(winner == k, grad_output, here)
                """,
            ),
        ],
    ),
    misconception(
        "padded_zeros_not_counted",
        hint="The exercise counts the padded zeros as values: by how many values does each window divide?",
        severity="slip",
        edits=[
            edit(
                "return padded.unfold(2, kh, sh).unfold(3, kw, sw).mean((-2, -1))",
                """
                inside = F.pad(torch.ones_like(x), (pw, pw, ph, ph))
                total = padded.unfold(2, kh, sh).unfold(3, kw, sw).sum((-2, -1))
                return total / inside.unfold(2, kh, sh).unfold(3, kw, sw).sum((-2, -1))
                """,
            ),
        ],
    ),
    misconception(
        "stride_one_by_default",
        hint="Without a stride the windows lie side by side: how far apart are they then?",
        severity="partial",
        edits=[
            edit(
                """
                sh, sw = (kh, kw) if stride is None else pair(stride)
                padded = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
                """,
                """
                sh, sw = (1, 1) if stride is None else pair(stride)
                padded = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
                """,
            ),
            edit(
                """
                sh, sw = (kh, kw) if stride is None else pair(stride)
                padded = F.pad(x, (pw, pw, ph, ph))
                """,
                """
                sh, sw = (1, 1) if stride is None else pair(stride)
                padded = F.pad(x, (pw, pw, ph, ph))
                """,
            ),
            edit("(kh, kw) if stride is None", "(1, 1) if stride is None"),
        ],
    ),
    misconception(
        "stride_swapped",
        hint="A pair is (vertical, horizontal): which of the two steps moves the window down, and which to the right?",
        severity="slip",
        edits=[
            edit(
                """
                sh, sw = (kh, kw) if stride is None else pair(stride)
                padded = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
                """,
                """
                sh, sw = (kh, kw) if stride is None else pair(stride)[::-1]
                padded = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
                """,
            ),
            edit(
                """
                sh, sw = (kh, kw) if stride is None else pair(stride)
                padded = F.pad(x, (pw, pw, ph, ph))
                """,
                """
                sh, sw = (kh, kw) if stride is None else pair(stride)[::-1]
                padded = F.pad(x, (pw, pw, ph, ph))
                """,
            ),
            edit(
                """
                sh, sw = (kh, kw) if stride is None else pair(stride)
                oh, ow = grad_output.shape[2:]
                """,
                """
                sh, sw = (kh, kw) if stride is None else pair(stride)[::-1]
                oh, ow = grad_output.shape[2:]
                """,
            ),
        ],
    ),
    misconception(
        "sum_instead_of_mean",
        hint="What is the average pooling of an image that is 1 everywhere?",
        severity="partial",
        edits=[
            edit(
                "return padded.unfold(2, kh, sh).unfold(3, kw, sw).mean((-2, -1))",
                "return padded.unfold(2, kh, sh).unfold(3, kw, sw).sum((-2, -1))",
            )
        ],
    ),
    misconception(
        "ties_all_get_gradient",
        hint="A window has one gradient to give: how much does it hand out when several places hold the maximum?",
        severity="slip",
        edits=[
            edit("winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)", ""),
            edit(
                "grad_x[:, :, rows, columns] += grad_output * (winner == k)",
                """
                windows = x.unfold(2, kh, sh).unfold(3, kw, sw)
                grad_x[:, :, rows, columns] += grad_output * (windows[..., i, j] == windows.amax((-2, -1)))
                """,
            ),
        ],
    ),
    misconception(
        "ties_broken_by_a_ramp",
        hint="You lower later places a little to break ties: what becomes of values that differ by less than that?",
        severity="slip",
        edits=[
            edit(
                "winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)",
                """
                windows = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
                winner = (windows - 1e-6 * torch.arange(kh * kw, dtype=x.dtype)).argmax(-1)
                """,
            ),
        ],
    ),
    misconception(
        "ties_share_gradient",
        hint="If two places hold the same maximum, who gets the gradient: both, each a half, or the first?",
        severity="slip",
        edits=[
            edit("winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)", ""),
            edit(
                "grad_x[:, :, rows, columns] += grad_output * (winner == k)",
                """
                windows = x.unfold(2, kh, sh).unfold(3, kw, sw)
                best = windows.amax((-2, -1))
                count = (windows == best[..., None, None]).sum((-2, -1))
                grad_x[:, :, rows, columns] += grad_output * (windows[..., i, j] == best) / count
                """,
            ),
        ],
    ),
    misconception(
        "winner_looked_up_by_value",
        hint="The same maximum may stand in several windows: in which of them do you look for its place?",
        severity="slip",
        edits=[
            edit(
                """
                    winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)
                    grad_x = torch.zeros_like(x, memory_format=torch.contiguous_format)
                    for k in range(kh * kw):
                        i, j = divmod(k, kw)
                        rows = slice(i, i + (oh - 1) * sh + 1, sh)
                        columns = slice(j, j + (ow - 1) * sw + 1, sw)
                        grad_x[:, :, rows, columns] += grad_output * (winner == k)
                    return grad_x
                """,
                """
                    y = max_pool2d(x, kernel_size, stride).flatten(2)
                    place = (x.flatten(2)[:, :, None, :] == y[..., None]).int().argmax(-1)
                    return torch.zeros_like(x).flatten(2).scatter_add_(2, place, grad_output.flatten(2)).view_as(x)
                """,
            ),
        ],
    ),
    misconception(
        "zero_padding_for_max",
        hint="If all values of a window are negative, may a padded place be the largest?",
        severity="slip",
        edits=[edit("(pw, pw, ph, ph), value=-math.inf", "(pw, pw, ph, ph)")],
    ),
    misconception(
        "running_maximum_from_zero",
        hint="If all values of a window are negative, is 0 one of them? With what does your maximum begin?",
        severity="partial",
        edits=[
            edit(
                "return padded.unfold(2, kh, sh).unfold(3, kw, sw).amax((-2, -1))",
                "return padded.unfold(2, kh, sh).unfold(3, kw, sw).amax((-2, -1)).clamp(min=0)",
            ),
        ],
    ),
    misconception(
        "scatter_overwrites",
        hint="A place may win in several windows: does scatter_ add, or does the last one stay?",
        severity="slip",
        edits=[
            edit(
                """
                winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)
                grad_x = torch.zeros_like(x, memory_format=torch.contiguous_format)
                for k in range(kh * kw):
                    i, j = divmod(k, kw)
                    rows = slice(i, i + (oh - 1) * sh + 1, sh)
                    columns = slice(j, j + (ow - 1) * sw + 1, sw)
                    grad_x[:, :, rows, columns] += grad_output * (winner == k)
                return grad_x
                """,
                """
                winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)
                rows = torch.arange(oh)[:, None] * sh + winner // kw
                columns = torch.arange(ow) * sw + winner % kw
                flat = torch.zeros(*x.shape[:2], x.shape[2] * x.shape[3], dtype=x.dtype)
                flat.scatter_(2, (rows * x.shape[3] + columns).flatten(2), grad_output.flatten(2))
                return flat.view(x.shape)
                """,
            ),
        ],
    ),
    misconception(
        "flat_places_of_the_output",
        hint="A flat place counts whole rows of the image: how long is a row of it?",
        severity="slip",
        edits=[
            edit(
                """
                winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)
                grad_x = torch.zeros_like(x, memory_format=torch.contiguous_format)
                for k in range(kh * kw):
                    i, j = divmod(k, kw)
                    rows = slice(i, i + (oh - 1) * sh + 1, sh)
                    columns = slice(j, j + (ow - 1) * sw + 1, sw)
                    grad_x[:, :, rows, columns] += grad_output * (winner == k)
                return grad_x
                """,
                """
                winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)
                rows = torch.arange(oh)[:, None] * sh + winner // kw
                columns = torch.arange(ow) * sw + winner % kw
                flat = torch.zeros(*x.shape[:2], x.shape[2] * x.shape[3], dtype=x.dtype)
                flat.scatter_add_(2, (rows * ow + columns).flatten(2), grad_output.flatten(2))
                return flat.view(x.shape)
                """,
            ),
        ],
    ),
    misconception(
        "search_for_the_winner_from_zero",
        hint="In a window without positive values, which place beats a best value of 0?",
        severity="slip",
        edits=[
            edit(
                "winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)",
                "winner = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).clamp(min=0).argmax(-1)",
            )
        ],
    ),
    misconception(
        "view_of_the_gradient",
        hint="view() asks for numbers that lie in order in memory: do those of an expanded gradient?",
        severity="slip",
        edits=[after("oh, ow = grad_output.shape[2:]", "grad_output.view(len(x) * x.shape[1], -1)")],
    ),
    misconception(
        "padding_swapped",
        hint="A pair is (vertical, horizontal): which of the two does F.pad expect first?",
        severity="slip",
        edits=[
            edit("padded = F.pad(x, (pw, pw, ph, ph), value", "padded = F.pad(x, (ph, ph, pw, pw), value"),
            edit("padded = F.pad(x, (pw, pw, ph, ph))", "padded = F.pad(x, (ph, ph, pw, pw))"),
        ],
    ),
]
