"""Wrong solutions of `forecast` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "last_window_missing",
        hint="A series of T values has T - W windows with a value after them: how many do you make?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return series[:-1].unfold(0, width, 1).clone(), series[width:].clone()",
                "return series[:-2].unfold(0, width, 1).clone(), series[width:-1].clone()",
            ),
        ],
    ),
    misconception(
        "target_inside_the_window",
        hint="The target is the value right after the window: is yours the last one in it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "series[width:].clone()",
                "series[width - 1 : -1].clone()",
            ),
        ],
    ),
    misconception(
        "one_step_ahead_too_far",
        hint="The target is the value right after the window: how far ahead is yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return series[:-1].unfold(0, width, 1).clone(), series[width:].clone()",
                "return series[:-1].unfold(0, width, 1).clone(), torch.cat([series[width + 1 :], series[-1:]])",
            ),
        ],
    ),
    misconception(
        "coefficients_oldest_first",
        hint="a_1 belongs to the newest value: in which order do yours stand?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "windows.flip(1)",
                "windows",
            ),
        ],
    ),
    misconception(
        "no_constant",
        hint="The series need not have the mean 0: where is the constant?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.ones_like(windows[:, :1])",
                "torch.zeros_like(windows[:, :1])",
            ),
        ],
    ),
    misconception(
        "constant_last",
        hint="The constant comes first: where does yours stand?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.cat([torch.ones_like(windows[:, :1]), windows.flip(1)], dim=1)",
                "torch.cat([windows.flip(1), torch.ones_like(windows[:, :1])], dim=1)",
            ),
        ],
    ),
    misconception(
        "free_run_window_stands_still",
        hint="Each forecast becomes an input of the next one: does your window move on?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "known.append(predict(torch.stack(known[-width:])[None])[0])",
                "known.append(predict(torch.stack(known[:width])[None])[0])",
            ),
        ],
    ),
    misconception(
        "free_run_window_grows",
        hint="A window always has the same width: how many values do yours hold?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                known = list(history[-width:])
                for _ in range(steps):
                    known.append(predict(torch.stack(known[-width:])[None])[0])
                return torch.stack(known[width:])
                """,
                """
                known = list(history)
                for _ in range(steps):
                    known.append(predict(torch.stack(known)[None])[0])
                return torch.stack(known[len(history) :])
                """,
            ),
        ],
    ),
    misconception(
        "one_step_sees_its_answer",
        hint="A forecast may use what came before it: does your window reach the value that it forecasts?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "make_windows(series[start - width :], width)[0]",
                "torch.cat([make_windows(series[start - width :], width)[0][1:], series[None, -width:]])",
            ),
        ],
    ),
    misconception(
        "scaled_by_the_whole_series",
        hint="The mean of the whole series knows the future: what may be known at the time of a forecast?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return predict(make_windows(series[start - width :], width)[0])",
                """
                mean, deviation = series.mean(), series.std()
                return predict(make_windows((series[start - width :] - mean) / deviation, width)[0]) * deviation + mean
                """,
            ),
        ],
    ),
    misconception(
        "one_step_starts_late",
        hint="The first forecast is that of series[start]: which is yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "series[start - width :]",
                "series[start - width + 1 :]",
            ),
        ],
    ),
    misconception(
        "persistence",
        hint="Least squares asks for the coefficients with the smallest error: are yours fitted to the series?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                'return torch.linalg.lstsq(design, targets[:, None], driver="gelsd").solution[:, 0]',
                "return torch.eye(order + 1, dtype=series.dtype)[1]",
            ),
        ],
    ),
]
