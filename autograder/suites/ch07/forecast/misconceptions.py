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
        severity="partial",
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
    misconception(
        "windows_end_in_their_target",
        hint="The target is the value right after the window: is the last one in it?",
        severity="slip",
        base="each_by_itself",
        edits=[
            edit(
                "series[width:].clone()",
                "series[width - 1 : -1].clone()",
            ),
        ],
    ),
    misconception(
        "windows_newest_first",
        hint="Inside a window the oldest value comes first: in which order do yours stand?",
        severity="slip",
        base="each_by_itself",
        edits=[
            edit(
                "windows.clone()",
                "windows.flip(1)",
            ),
        ],
    ),
    misconception(
        "make_windows_drops_the_last",
        hint="A series of T values has T - W windows with a value after them: which of them does make_windows lack?",
        severity="slip",
        base="each_by_itself",
        edits=[
            edit(
                "series.unfold(0, width, 1)[:-1]",
                "series.unfold(0, width, 1)[:-2]",
            ),
            edit(
                "series[width:].clone()",
                "series[width:-1].clone()",
            ),
        ],
    ),
    misconception(
        "forecasts_not_fed_back",
        hint="In a free run each forecast becomes an input of the next ones: where do yours go?",
        severity="partial",
        base="each_by_itself",
        edits=[
            edit(
                "window = torch.cat([window[1:], new])",
                "window = torch.cat([window[1:], window[:1]])",
            ),
        ],
    ),
    misconception(
        "free_run_from_the_beginning",
        hint="A free run goes on from the end of the history: which values of it do you begin with?",
        severity="partial",
        base="each_by_itself",
        edits=[
            edit(
                "window, run = history[-width:].clone(), []",
                "window, run = history[:width].clone(), []",
            ),
        ],
    ),
    misconception(
        "newest_forecast_in_front",
        hint="The newest value stands last in a window: where do you put a forecast?",
        severity="slip",
        base="each_by_itself",
        edits=[
            edit(
                "torch.cat([window[1:], new])",
                "torch.cat([new, window[1:]])",
            ),
        ],
    ),
    misconception(
        "free_run_turned_round",
        hint="The newest value stands last in a window: in which order does your free run keep it?",
        severity="slip",
        base="each_by_itself",
        edits=[
            edit(
                "torch.cat([window[1:], new])",
                "torch.cat([new, window[:-1]])",
            ),
        ],
    ),
    misconception(
        "one_step_runs_freely",
        hint="A one-step forecast knows all true values before its time: do you feed it its own forecasts?",
        severity="slip",
        base="each_by_itself",
        edits=[
            edit(
                "predict(torch.stack([series[t - width : t] for t in range(start, len(series))]))",
                "free_run(predict, series[:start], width, len(series) - start)",
            ),
        ],
    ),
    misconception(
        "start_ignored",
        hint="The first forecast is that of series[start]: at which place do you begin?",
        severity="partial",
        base="each_by_itself",
        edits=[
            edit(
                "[series[t - width : t] for t in range(start, len(series))]",
                "[series[t - width : t] for t in range(width, len(series))]",
            ),
        ],
    ),
    misconception(
        "one_forecast_too_many",
        hint="The last forecast is that of the last value of the series: which is yours?",
        severity="partial",
        base="each_by_itself",
        edits=[
            edit(
                "for t in range(start, len(series))",
                "for t in range(start, len(series) + 1)",
            ),
        ],
    ),
    misconception(
        "mean_taken_off",
        hint="The constant is one of the coefficients that least squares finds: is the series' mean the same thing?",
        severity="slip",
        base="each_by_itself",
        edits=[
            edit(
                'return torch.linalg.lstsq(design, series[order:, None], driver="gelsd").solution[:, 0]',
                """
                mean = series.mean()
                a = torch.linalg.lstsq(design[:, 1:] - mean, series[order:, None] - mean, driver="gelsd").solution[:, 0]
                return torch.cat([(mean * (1 - a.sum()))[None], a])
                """,
            ),
        ],
    ),
    misconception(
        "latest_window_first",
        hint="predict is shown windows in the order of time: which of yours comes first?",
        severity="slip",
        base="each_by_itself",
        edits=[
            edit(
                "return predict(torch.stack([series[t - width : t] for t in range(start, len(series))]))",
                "return predict(torch.stack([series[t - width : t] for t in range(start, len(series))]).flip(0)).flip(0)",
            ),
        ],
    ),
]
