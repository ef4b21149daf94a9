"""Wrong solutions of `score_matching` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "graph_dropped",
        hint="Does the trace depend on the score's parameters in your graph? The derivative needs a graph of its own.",
        severity="slip",
        edits=[
            edit(
                "torch.autograd.grad(s[:, i].sum(), x, create_graph=True)",
                "torch.autograd.grad(s[:, i].sum(), x, retain_graph=True)",
            ),
            edit(
                "torch.autograd.grad(along.sum(), x, create_graph=True)",
                "torch.autograd.grad(along.sum(), x, retain_graph=True)",
            ),
        ],
    ),
    misconception(
        "all_derivatives_summed",
        hint="Of the derivatives of s_i only that in x_i is on the diagonal.",
        severity="partial",
        edits=[edit("trace = trace + row[:, i]", "trace = trace + row.sum(1)")],
    ),
    misconception(
        "squared_length_without_half",
        hint="Half of the squared length: where is the half?",
        severity="partial",
        edits=[
            edit("(trace + 0.5 * (s**2).sum(1)).mean()", "(trace + (s**2).sum(1)).mean()"),
            edit(
                "((directions * slope).sum(1) + 0.5 * square).mean()",
                "((directions * slope).sum(1) + square).mean()",
            ),
        ],
    ),
    misconception(
        "trace_sign",
        hint="At the data the score points inwards: its trace is negative there. Does your objective reward that?",
        severity="serious",
        edits=[
            edit("(trace + 0.5 * (s**2).sum(1)).mean()", "(-trace + 0.5 * (s**2).sum(1)).mean()"),
            edit(
                "((directions * slope).sum(1) + 0.5 * square).mean()",
                "(-(directions * slope).sum(1) + 0.5 * square).mean()",
            ),
        ],
    ),
    misconception(
        "trace_forgotten",
        hint="Without the trace the best score is 0 everywhere.",
        severity="serious",
        edits=[
            edit("(trace + 0.5 * (s**2).sum(1)).mean()", "(0 * trace + 0.5 * (s**2).sum(1)).mean()"),
            edit(
                "((directions * slope).sum(1) + 0.5 * square).mean()",
                "(0 * (directions * slope).sum(1) + 0.5 * square).mean()",
            ),
        ],
    ),
    misconception(
        "length_averaged",
        hint="The squared length is a sum over the dimensions.",
        severity="partial",
        edits=[edit("(trace + 0.5 * (s**2).sum(1)).mean()", "(trace + 0.5 * (s**2).mean(1)).mean()")],
    ),
    misconception(
        "slope_not_projected",
        hint="u stands on both sides of the Jacobian: is it on both sides of yours?",
        severity="partial",
        edits=[edit("((directions * slope).sum(1) + 0.5", "(slope.sum(1) + 0.5")],
    ),
    misconception(
        "always_variance_reduced",
        hint="Plain slices square u s; the option alone takes the whole length.",
        severity="slip",
        edits=[edit("(s**2).sum(1) if variance_reduced else along**2", "(s**2).sum(1)")],
    ),
    misconception(
        "option_ignored",
        hint="What does variance_reduced change in your code?",
        severity="slip",
        edits=[edit("(s**2).sum(1) if variance_reduced else along**2", "along**2")],
    ),
    misconception(
        "sum_over_samples",
        hint="The objective is a mean over the samples.",
        severity="partial",
        edits=[
            edit("(trace + 0.5 * (s**2).sum(1)).mean()", "(trace + 0.5 * (s**2).sum(1)).sum()"),
            edit(
                "((directions * slope).sum(1) + 0.5 * square).mean()",
                "((directions * slope).sum(1) + 0.5 * square).sum()",
            ),
        ],
    ),
    misconception(
        "constant_score_not_foreseen",
        hint="What does the derivative of a constant give in your code: 0, or an error?",
        severity="slip",
        edits=[
            edit(
                """
                s = score(x) + 0 * x
                trace = torch.zeros(len(x), dtype=x.dtype)
                """,
                """
                s = score(x)
                trace = torch.zeros(len(x), dtype=x.dtype)
                """,
            ),
            edit(
                """
                s = score(x) + 0 * x
                along = (directions * s).sum(1)
                """,
                """
                s = score(x)
                along = (directions * s).sum(1)
                """,
            ),
        ],
    ),
    misconception(
        "grad_mode_off_forgotten",
        hint="Where gradients are switched off, nothing is recorded: what switches them on for a moment?",
        severity="slip",
        edits=[
            edit(
                """
                with torch.enable_grad():
                    x = x.detach().requires_grad_()
                    s = score(x) + 0 * x
                    trace = torch.zeros(len(x), dtype=x.dtype)
                """,
                """
                if True:
                    x = x.detach().requires_grad_()
                    s = score(x) + 0 * x
                    trace = torch.zeros(len(x), dtype=x.dtype)
                """,
            ),
        ],
    ),
    misconception(
        "float64_objective",
        hint="float32 in, float32 out: where does a float64 number enter?",
        severity="slip",
        edits=[
            edit(
                "return (trace + 0.5 * (s**2).sum(1)).mean()",
                "return (trace + 0.5 * (s**2).sum(1)).mean().double()",
            ),
        ],
    ),
]
