"""Wrong solutions of `walk_forward` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "scaled_by_the_whole_series",
        hint="Mean and deviation come from what was known: what are yours made of?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "mean, deviation = known.mean(), known.std(correction=0)",
                "mean, deviation = series.mean(), series.std(correction=0)",
            ),
        ],
    ),
    misconception(
        "label_horizon_not_purged",
        hint="With a horizon of h the last training target lies h steps before the forecast: is your last one known already?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "known = series[: block - horizon + 1]",
                "known = series[:block]",
            ),
        ],
    ),
    misconception(
        "scaler_refitted_on_each_query",
        hint="One scaling for training and queries: by whose mean are your queries scaled?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "queries = torch.stack([scaled[t - horizon - width + 1 : t - horizon + 1] for t in times])",
                """
                queries = torch.stack([scaled[t - horizon - width + 1 : t - horizon + 1] for t in times])
                queries = (queries - queries.mean(dim=1, keepdim=True)) / (queries.std(dim=1, correction=0, keepdim=True) + 1e-9)
                """,
            ),
        ],
    ),
    misconception(
        "never_fitted_again",
        hint="Every `refit` steps the forecaster learns from all that is known by then: from what does yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "known = series[: block - horizon + 1]",
                "known = series[: start - horizon + 1]",
            ),
        ],
    ),
    misconception(
        "answers_left_standardised",
        hint="Forecasts are in the units of the series: do you bring the answers back?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "forecasts.append(forecaster(windows, targets, queries) * deviation + mean)",
                "forecasts.append(forecaster(windows, targets, queries))",
            ),
        ],
    ),
    misconception(
        "mean_forgotten_on_the_way_back",
        hint="Standardising takes off the mean and divides: which of the two do you undo?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "forecasts.append(forecaster(windows, targets, queries) * deviation + mean)",
                "forecasts.append(forecaster(windows, targets, queries) * deviation)",
            ),
        ],
    ),
    misconception(
        "queries_hold_the_answer",
        hint="The forecast of t is made at the end of t - h: which is the last value of your window?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "queries = torch.stack([scaled[t - horizon - width + 1 : t - horizon + 1] for t in times])",
                "queries = torch.stack([scaled[t - width + 1 : t + 1] for t in times])",
            ),
        ],
    ),
    misconception(
        "queries_of_one_step",
        hint="With a horizon of h the window ends at t - h: where does yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "queries = torch.stack([scaled[t - horizon - width + 1 : t - horizon + 1] for t in times])",
                "queries = torch.stack([scaled[t - width : t] for t in times])",
            ),
        ],
    ),
    misconception(
        "target_right_after_the_window",
        hint="The target lies h steps after the window's last value: which value do you take?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "windows = past[: len(past) - horizon].unfold(0, width, 1)",
                "windows = past[: len(past) - 1].unfold(0, width, 1)",
            ),
            edit(
                "targets = past[width + horizon - 1 :]",
                "targets = past[width:]",
            ),
        ],
    ),
    misconception(
        "queries_frozen_at_the_fit",
        hint="Later forecasts of a block may use values that came meanwhile: which windows do yours use?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "queries = torch.stack([scaled[t - horizon - width + 1 : t - horizon + 1] for t in times])",
                "queries = scaled[block - horizon - width + 1 : block - horizon + 1].repeat(len(times), 1)",
            ),
        ],
    ),
    misconception(
        "sample_deviation",
        hint="The card asks for correction=0: which deviation do you take?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "known.std(correction=0)",
                "known.std()",
            ),
        ],
    ),
    misconception(
        "last_block_dropped",
        hint="The last block may be shorter: is it forecast?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "for block in range(start, len(series), refit):",
                "for block in range(start, len(series) - refit + 1, refit):",
            ),
        ],
    ),
    misconception(
        "skill_of_the_roots",
        hint="The skill compares mean squared errors: do you compare their roots?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "skill = 1 - squared / (persistence - truth).square().mean()",
                "skill = 1 - squared.sqrt() / (persistence - truth).square().mean().sqrt()",
            ),
        ],
    ),
    misconception(
        "skill_against_the_mean",
        hint="The skill is measured against persistence: against what is yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "skill = 1 - squared / (persistence - truth).square().mean()",
                "skill = 1 - squared / (truth - truth.mean()).square().mean()",
            ),
        ],
    ),
    misconception(
        "mean_squared_without_root",
        hint="The first error is a root: where is it in yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return float(squared.sqrt())",
                "return float(squared)",
            ),
        ],
    ),
    misconception(
        "targets_beyond_what_is_known",
        hint="With a horizon of h the last target known lies h steps before the block: where does your training end?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "past = scaled[: len(known)]",
                "past = scaled[:block]",
            ),
        ],
    ),
    misconception(
        "targets_of_the_next_step",
        hint="The target lies h steps after the window's last value: by how many steps is yours off?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "targets = past[width + horizon - 1 :]",
                "targets = past[width : width + len(windows)]",
            ),
        ],
    ),
    misconception(
        "one_fit_for_all",
        hint="Every `refit` steps the forecaster is fitted again: how often do you call it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "for block in range(start, len(series), refit):",
                "for block in range(start, start + 1):",
            ),
            edit(
                "times = range(block, min(block + refit, len(series)))",
                "times = range(block, len(series))",
            ),
        ],
    ),
    misconception(
        "short_last_block_left_out",
        hint="The last block may be shorter: do you forecast its values?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "forecasts.append(forecaster(windows, targets, queries) * deviation + mean)",
                """
                if len(times) < refit and forecasts:
                    break
                forecasts.append(forecaster(windows, targets, queries) * deviation + mean)
                """,
            ),
        ],
    ),
    misconception(
        "scaled_by_all_before_the_block",
        hint="With a horizon above 1 the values just before the block are not known yet: what are mean and deviation made of?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "mean, deviation = known.mean(), known.std(correction=0)",
                "mean, deviation = series[:block].mean(), series[:block].std(correction=0)",
            ),
        ],
    ),
    misconception(
        "only_the_last_values",
        hint="Each fit learns from all that was known: do you leave the oldest values out?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "known = series[: block - horizon + 1]",
                "known = series[block - start : block - horizon + 1]",
            ),
            edit(
                "past = scaled[: len(known)]",
                "past = scaled[block - start : block - horizon + 1]",
            ),
        ],
    ),
    misconception(
        "queries_not_standardised",
        hint="Queries are standardised like the training windows: are yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "queries = torch.stack([scaled[t - horizon - width + 1 : t - horizon + 1] for t in times])",
                "queries = torch.stack([series[t - horizon - width + 1 : t - horizon + 1] for t in times])",
            ),
        ],
    ),
    misconception(
        "last_pair_left_out",
        hint="K known values give K - W - h + 1 pairs: is the last one in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "windows = past[: len(past) - horizon].unfold(0, width, 1)",
                """
                windows = past[: len(past) - horizon].unfold(0, width, 1)
                windows = windows[: max(1, len(windows) - 1)]
                """,
            ),
            edit(
                "targets = past[width + horizon - 1 :]",
                "targets = past[width + horizon - 1 :][: len(windows)]",
            ),
        ],
    ),
    misconception(
        "first_pair_left_out",
        hint="K known values give K - W - h + 1 pairs: is the first one in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "windows = past[: len(past) - horizon].unfold(0, width, 1)",
                """
                windows = past[: len(past) - horizon].unfold(0, width, 1)
                skipped = min(1, len(windows) - 1)
                windows = windows[skipped:]
                """,
            ),
            edit(
                "targets = past[width + horizon - 1 :]",
                "targets = past[width + horizon - 1 :][skipped:]",
            ),
        ],
    ),
    misconception(
        "absolute_value_of_the_mean",
        hint="Errors have both signs: do you take the absolute value before the mean, or after it?",
        severity="slip",
        base="reference",
        edits=[edit("float((forecasts - truth).abs().mean())", "float((forecasts - truth).mean().abs())")],
    ),
    misconception(
        "negative_skill_hidden",
        hint="A skill below 0 says that persistence is better: what do you make of it?",
        severity="slip",
        base="reference",
        edits=[edit("float(skill)", "max(float(skill), 0.0)")],
    ),
    misconception(
        "minimum_and_range",
        hint="Standardising takes off the mean and divides by the deviation: which two numbers do you take?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "mean, deviation = known.mean(), known.std(correction=0)",
                "mean, deviation = known.min(), known.max() - known.min()",
            )
        ],
    ),
    misconception(
        "scaled_once_for_all",
        hint="Mean and deviation belong to each fit: when do you compute yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "mean, deviation = known.mean(), known.std(correction=0)",
                """
                first = series[: start - horizon + 1]
                mean, deviation = first.mean(), first.std(correction=0)
                """,
            )
        ],
    ),
    misconception(
        "called_for_each_query",
        hint="The forecaster is called once for each block: how often does yours run?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "forecasts.append(forecaster(windows, targets, queries) * deviation + mean)",
                """
                for query in queries:
                    forecasts.append(forecaster(windows, targets, query[None]) * deviation + mean)
                """,
            )
        ],
    ),
]
