"""Wrong solutions of `score_matching` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "all_derivatives_summed",
        hint="Of the derivatives of s_i only that in x_i is on the diagonal.",
        severity="partial",
        edits=[edit("trace = trace + row[:, i]", "trace = trace + row.sum(1)")],
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
    misconception(
        "graph_dropped_explicit",
        hint="Does your derivative have a graph of its own? The score's parameters are in it too.",
        severity="slip",
        edits=[
            edit(
                "torch.autograd.grad(s[:, i].sum(), x, create_graph=True)",
                "torch.autograd.grad(s[:, i].sum(), x, retain_graph=True)",
            ),
        ],
    ),
    misconception(
        "graph_dropped_sliced",
        hint="Does your derivative have a graph of its own? The score's parameters are in it too.",
        severity="slip",
        edits=[
            edit(
                "torch.autograd.grad(along.sum(), x, create_graph=True)",
                "torch.autograd.grad(along.sum(), x, retain_graph=True)",
            ),
        ],
    ),
    misconception(
        "no_half_explicit",
        hint="Half of the square: where is the half?",
        severity="partial",
        edits=[
            edit(
                "return (trace + 0.5 * (s**2).sum(1)).mean()",
                "return (trace + (s**2).sum(1)).mean()",
            ),
        ],
    ),
    misconception(
        "no_half_sliced",
        hint="Half of the square: where is the half?",
        severity="partial",
        edits=[
            edit(
                "return ((directions * slope).sum(1) + 0.5 * square).mean()",
                "return ((directions * slope).sum(1) + square).mean()",
            ),
        ],
    ),
    misconception(
        "trace_sign_explicit",
        hint="At the data the score points inwards: the trace is negative there. Do you reward that?",
        severity="partial",
        edits=[
            edit(
                "return (trace + 0.5 * (s**2).sum(1)).mean()",
                "return (-trace + 0.5 * (s**2).sum(1)).mean()",
            ),
        ],
    ),
    misconception(
        "trace_sign_sliced",
        hint="At the data the score points inwards: the trace is negative there. Do you reward that?",
        severity="partial",
        edits=[
            edit(
                "return ((directions * slope).sum(1) + 0.5 * square).mean()",
                "return (-(directions * slope).sum(1) + 0.5 * square).mean()",
            ),
        ],
    ),
    misconception(
        "trace_forgotten_explicit",
        hint="Without the derivative the best score is 0 everywhere.",
        severity="partial",
        edits=[
            edit(
                "return (trace + 0.5 * (s**2).sum(1)).mean()",
                "return (0 * trace + 0.5 * (s**2).sum(1)).mean()",
            ),
        ],
    ),
    misconception(
        "trace_forgotten_sliced",
        hint="Without the derivative the best score is 0 everywhere.",
        severity="partial",
        edits=[
            edit(
                "return ((directions * slope).sum(1) + 0.5 * square).mean()",
                "return (0 * (directions * slope).sum(1) + 0.5 * square).mean()",
            ),
        ],
    ),
    misconception(
        "sum_over_samples_explicit",
        hint="The objective is a mean over the samples.",
        severity="partial",
        edits=[
            edit(
                "return (trace + 0.5 * (s**2).sum(1)).mean()",
                "return (trace + 0.5 * (s**2).sum(1)).sum()",
            ),
        ],
    ),
    misconception(
        "sum_over_samples_sliced",
        hint="The objective is a mean over the samples.",
        severity="partial",
        edits=[
            edit(
                "return ((directions * slope).sum(1) + 0.5 * square).mean()",
                "return ((directions * slope).sum(1) + 0.5 * square).sum()",
            ),
        ],
    ),
    misconception(
        "constant_score_not_foreseen_explicit",
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
        ],
    ),
    misconception(
        "constant_score_not_foreseen_sliced",
        hint="What does the derivative of a constant give in your code: 0, or an error?",
        severity="slip",
        edits=[
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
        "grad_mode_off_forgotten_explicit",
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
        "grad_mode_off_forgotten_sliced",
        hint="Where gradients are switched off, nothing is recorded: what switches them on for a moment?",
        severity="slip",
        edits=[
            edit(
                """
                with torch.enable_grad():
                    x = x.detach().requires_grad_()
                    s = score(x) + 0 * x
                    along = (directions * s).sum(1)
                """,
                """
                if True:
                    x = x.detach().requires_grad_()
                    s = score(x) + 0 * x
                    along = (directions * s).sum(1)
                """,
            ),
        ],
    ),
    misconception(
        "random_directions_for_the_trace",
        hint="The explicit trace is exact: does your code draw anything?",
        severity="partial",
        edits=[
            edit(
                """
                for i in range(x.shape[1]):
                    (row,) = torch.autograd.grad(s[:, i].sum(), x, create_graph=True)
                    trace = trace + row[:, i]
                """,
                """
                u = torch.randint(0, 2, x.shape).to(x.dtype) * 2 - 1
                (slope,) = torch.autograd.grad((s * u).sum(), x, create_graph=True)
                trace = trace + (slope * u).sum(1)
                """,
            ),
        ],
    ),
    misconception(
        "length_without_gradient",
        hint="Both terms reach the parameters: is the squared length cut off from the score?",
        severity="slip",
        edits=[
            edit(
                "return (trace + 0.5 * (s**2).sum(1)).mean()",
                "return (trace + 0.5 * (s.detach() ** 2).sum(1)).mean()",
            ),
        ],
    ),
    misconception(
        "constant_column_not_foreseen_explicit",
        hint="A score may have parameters and still be constant in x: is its derivative 0 in your code, or an error?",
        severity="slip",
        edits=[
            edit(
                """
                s = score(x) + 0 * x
                trace = torch.zeros(len(x), dtype=x.dtype)
                """,
                """
                s = score(x)
                s = s if s.requires_grad else s + 0 * x
                trace = torch.zeros(len(x), dtype=x.dtype)
                """,
            )
        ],
    ),
    misconception(
        "trace_in_float32",
        hint="float64 data keep their digits: of which dtype is the tensor in which you collect the trace?",
        severity="slip",
        edits=[edit("trace = trace + row[:, i]", "trace = (trace + row[:, i]).float().to(x.dtype)")],
    ),
]
