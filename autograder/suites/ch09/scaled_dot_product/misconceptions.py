"""Wrong solutions of `scaled_dot_product` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
OPEN = "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)"

MISCONCEPTIONS = [
    misconception(
        "softmax_over_queries",
        hint="Each query shares the weight 1 out among the keys: which axis of the scores are the keys?",
        severity="serious",
        edits=[
            edit("return scores.softmax(dim=-1)", "return scores.softmax(dim=-2)"),
            edit("-torch.inf).softmax(dim=-1)", "-torch.inf).softmax(dim=-2).nan_to_num(0.0)"),
        ],
    ),
    misconception(
        "softmax_over_axis_one",
        hint="How many leading axes may there be, and which number has the keys' axis then?",
        severity="serious",
        edits=[
            edit("return scores.softmax(dim=-1)", "return scores.softmax(dim=1)"),
            edit("-torch.inf).softmax(dim=-1)", "-torch.inf).softmax(dim=1).nan_to_num(0.0)"),
        ],
    ),
    misconception(
        "mask_after_softmax",
        hint="When weights are set to 0 after the softmax, what does the rest of the row sum to?",
        severity="serious",
        edits=[
            edit(OPEN, "weights = scores.softmax(dim=-1) * mask"),
        ],
    ),
    misconception(
        "mask_multiplied_into_scores",
        hint="A score of 0 is not no weight: what does exp make of it?",
        severity="serious",
        edits=[edit(OPEN, "weights = (scores * mask).softmax(dim=-1)")],
    ),
    misconception(
        "mask_inverted",
        hint="True means that the query may look: which places do you fill?",
        severity="serious",
        edits=[edit("~(mask | ~somewhere)", "mask & somewhere")],
    ),
    misconception(
        "mask_constant_too_weak",
        hint="Can a real score be lower than your constant, or a masked one so high that the constant does not hide it?",
        severity="slip",
        edits=[edit(OPEN, "weights = (scores - 1e4 * ~(mask | ~somewhere)).softmax(dim=-1)")],
    ),
    misconception(
        "filled_with_a_small_number",
        hint="Can a real score be lower than the number that you fill in?",
        severity="slip",
        edits=[edit("~(mask | ~somewhere), -torch.inf)", "~(mask | ~somewhere), -1e4)")],
    ),
    misconception(
        "closed_rows_are_nan",
        hint="A query that may look nowhere has a row of minus infinities: what is its softmax?",
        severity="slip",
        edits=[
            edit("~(mask | ~somewhere)", "~mask"),
            edit("return weights.masked_fill(~somewhere, 0.0)", "return weights"),
        ],
    ),
    misconception(
        "nan_mended_afterwards",
        hint="The forward pass is clean: which gradient meets the NaN that was there before you mended it?",
        severity="slip",
        edits=[
            edit(
                OPEN,
                """
                hidden = torch.zeros(mask.shape, dtype=scores.dtype).masked_fill(~mask, -torch.inf)
                weights = (scores + hidden).softmax(dim=-1)
                """,
            ),
            edit("return weights.masked_fill(~somewhere, 0.0)", "return weights.nan_to_num(0.0)"),
        ],
    ),
    misconception(
        "closed_rows_look_everywhere",
        hint="A query that may look nowhere has weights of 0: are yours the same for all keys?",
        severity="slip",
        edits=[edit("return weights.masked_fill(~somewhere, 0.0)", "return weights")],
    ),
    misconception(
        "scale_without_root",
        hint="Scores of independent numbers grow like the root of the width: by what do you divide?",
        severity="partial",
        edits=[edit("scale = q.shape[-1] ** -0.5", "scale = 1 / q.shape[-1]")],
    ),
    misconception(
        "not_scaled",
        hint="What is the scale if none is given?",
        severity="partial",
        edits=[edit("scale = q.shape[-1] ** -0.5", "scale = 1.0")],
    ),
    misconception(
        "scale_of_the_values",
        hint="The dot products are sums of D terms: whose width do you take?",
        severity="partial",
        edits=[edit("scale = q.shape[-1] ** -0.5", "scale = v.shape[-1] ** -0.5")],
    ),
    misconception(
        "scale_by_the_number_of_keys",
        hint="The dot products are sums of D terms: do you take the width, or the number of keys?",
        severity="partial",
        edits=[edit("scale = q.shape[-1] ** -0.5", "scale = k.shape[-2] ** -0.5")],
    ),
    misconception(
        "scale_of_zero_ignored",
        hint="A scale of 0 is a number. What does `if not scale` or `scale or ...` make of it?",
        severity="slip",
        edits=[edit("if scale is None:", "if not scale:")],
    ),
    misconception(
        "scale_ignored",
        hint="scale is an argument: where do you use it?",
        severity="slip",
        edits=[edit("if scale is None:", "if True:")],
    ),
    misconception(
        "masked_row_for_all_examples",
        hint="A mask may have fewer axes than the scores, and each of those that it has counts: do you use only its first row?",
        severity="partial",
        edits=[
            edit(
                "somewhere = mask.any(dim=-1, keepdim=True)",
                """
                mask = mask[..., :1, :]
                somewhere = mask.any(dim=-1, keepdim=True)
                """,
            )
        ],
    ),
    misconception(
        "weights_cut_off",
        hint="The queries and keys learn through the weights: do you detach them?",
        severity="slip",
        edits=[edit("return weights @ v, weights", "return weights.detach() @ v, weights.detach()")],
    ),
    misconception(
        "closed_rows_uniform",
        hint="A query that may look nowhere has weights of 0. What is the softmax of a row in which all scores are the same?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)",
                "weights = scores.masked_fill(~mask, -1e9).softmax(dim=-1)",
            ),
            edit("return weights.masked_fill(~somewhere, 0.0)", "return weights"),
        ],
    ),
    misconception(
        "closed_rows_emptied_in_the_output_alone",
        hint="A query that may look nowhere has weights of 0 too. Does masked_softmax return them, or is only the output set to 0?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)",
                "weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(dim=-1)",
            ),
            edit("return weights.masked_fill(~somewhere, 0.0)", "return weights"),
            edit(
                "return weights @ v, weights",
                "return (weights @ v if mask is None else weights @ v * mask.any(dim=-1, keepdim=True)), weights",
            ),
        ],
    ),
    misconception(
        "closed_masks_alone_seen_to",
        hint="One row may be closed while others are open. For which masks does your code do something?",
        severity="slip",
        edits=[
            edit("somewhere = mask.any(dim=-1, keepdim=True)", "somewhere = mask.any()"),
        ],
    ),
    misconception(
        "closed_columns_sought",
        hint="A row is closed if no key in it may be looked at. Along which axis do you ask?",
        severity="partial",
        edits=[
            edit("mask.any(dim=-1, keepdim=True)", "mask.any(dim=-2, keepdim=True)"),
        ],
    ),
    misconception(
        "filled_with_a_billion",
        hint="Can a real score be lower than the number that you fill in?",
        severity="slip",
        edits=[
            edit("~(mask | ~somewhere), -torch.inf)", "~(mask | ~somewhere), -1e9)"),
        ],
    ),
    misconception(
        "zero_filled_in",
        hint="A score of 0 is not no weight: what does exp make of it?",
        severity="serious",
        edits=[
            edit(
                "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)",
                "weights = scores.masked_fill(~(mask | ~somewhere), 0.0).softmax(dim=-1)",
            ),
        ],
    ),
    misconception(
        "three_axes_only",
        hint="There may be no leading axis, or two. Which axes do your product and your transpose name?",
        severity="slip",
        edits=[
            edit("q @ k.transpose(-2, -1) * scale", "torch.bmm(q, k.transpose(1, 2)) * scale"),
            edit("return weights @ v, weights", "return torch.bmm(weights, v), weights"),
        ],
    ),
    misconception(
        "three_axes_and_closed_rows_uniform",
        hint="There may be no leading axis, or two, and a query that may look nowhere has weights of 0. Which of the two holds in your code?",
        severity="partial",
        edits=[
            edit(
                "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)",
                "weights = scores.masked_fill(~mask, -1e6).softmax(dim=-1)",
            ),
            edit("return weights.masked_fill(~somewhere, 0.0)", "return weights"),
            edit("q @ k.transpose(-2, -1) * scale", "torch.bmm(q, k.transpose(1, 2)) * scale"),
            edit("return weights @ v, weights", "return torch.bmm(weights, v), weights"),
        ],
    ),
    misconception(
        "small_number_in_the_divisor",
        hint="A row sums to 1. To what does it sum when you add a small number to what you divide by?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)",
                """
                filled = scores.masked_fill(~mask, -torch.inf)
                powers = (filled - filled.amax(dim=-1, keepdim=True).clamp(min=-1e30)).exp()
                weights = powers / (powers.sum(dim=-1, keepdim=True) + 1e-6)
                """,
            ),
        ],
    ),
    misconception(
        "softmax_in_float32",
        hint="float64 in, float64 out: in which dtype does your softmax run?",
        severity="slip",
        edits=[
            edit(
                "-torch.inf).softmax(dim=-1)",
                "-torch.inf).softmax(dim=-1, dtype=torch.float32).to(scores.dtype)",
            ),
        ],
    ),
    misconception(
        "largest_of_all_rows",
        hint="exp of a number below -100 is 0 in float32. What is left of a row that lies far below the largest score of another one?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)",
                """
                powers = (scores - scores.masked_fill(~mask, -torch.inf).max()).masked_fill(~mask, -torch.inf).exp()
                weights = powers / powers.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(scores.dtype).tiny)
                """,
            ),
        ],
    ),
    misconception(
        "largest_of_masked_places_too",
        hint="When a masked score is by far the largest of its row, what are the exponentials of the others after you subtract it?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)",
                """
                powers = (scores - scores.amax(dim=-1, keepdim=True)).exp() * mask
                total = powers.sum(dim=-1, keepdim=True)
                weights = powers / torch.where(total > 0, total, torch.ones_like(total))
                """,
            ),
        ],
    ),
    misconception(
        "masked_and_renormalised",
        hint="When a masked score is by far the largest of its row, what weight has the softmax left for the others before you divide?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)",
                """
                weights = scores.softmax(dim=-1) * mask
                weights = weights / weights.sum(dim=-1, keepdim=True).clamp(min=1e-9)
                """,
            ),
        ],
    ),
    misconception(
        "lowest_number_added",
        hint="What is a large negative number plus the lowest number that there is, and what is the softmax of a row of such sums?",
        severity="slip",
        edits=[
            edit(
                "weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)",
                "weights = (scores + (1.0 - mask.to(scores.dtype)) * torch.finfo(scores.dtype).min).softmax(dim=-1)",
            ),
            edit("return weights.masked_fill(~somewhere, 0.0)", "return weights"),
        ],
    ),
    misconception(
        "axis_for_heads_put_in",
        hint="A mask that lacks leading axes lacks the first ones. Where do you put an axis into it?",
        severity="slip",
        edits=[
            edit(
                "weights = masked_softmax(q @ k.transpose(-2, -1) * scale, mask)",
                """
                if mask is not None and mask.dim() == 3 and q.dim() == 4:
                    mask = mask.unsqueeze(1)
                weights = masked_softmax(q @ k.transpose(-2, -1) * scale, mask)
                """,
            ),
        ],
    ),
    misconception(
        "scale_divides",
        hint="scale is what scores are multiplied by. What do you do with it?",
        severity="slip",
        edits=[
            edit("scale = q.shape[-1] ** -0.5", "scale = q.shape[-1] ** 0.5"),
            edit("transpose(-2, -1) * scale", "transpose(-2, -1) / scale"),
        ],
    ),
    misconception(
        "scaled_by_both",
        hint="A scale that is given takes the place of the root. By what are your scores multiplied when one is given?",
        severity="slip",
        edits=[
            edit(
                """
                if scale is None:
                    scale = q.shape[-1] ** -0.5
                """,
                "scale = q.shape[-1] ** -0.5 * (1.0 if scale is None else scale)",
            ),
        ],
    ),
    misconception(
        "small_number_then_zero",
        hint="Can all open scores of a row be lower than the number that you fill in? What do its weights then sum to?",
        severity="slip",
        edits=[
            edit(
                """
                weights = scores.masked_fill(~(mask | ~somewhere), -torch.inf).softmax(dim=-1)
                return weights.masked_fill(~somewhere, 0.0)
                """,
                "return scores.masked_fill(~mask, -1e9).softmax(dim=-1).masked_fill(~mask, 0.0)",
            ),
        ],
    ),
]
