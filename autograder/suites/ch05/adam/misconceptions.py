"""Wrong solutions of `adam` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "two_lists_of_moments"

MISCONCEPTIONS = [
    misconception(
        "absolute_gradient",
        hint="The second moment averages the squared gradient: what do you average?",
        severity="serious",
        edits=[
            edit("(1 - b2) * g**2", "(1 - b2) * g.abs()"),
            edit("v_hat.sqrt()", "v_hat"),
        ],
    ),
    misconception(
        "betas_swapped",
        hint="Which of the two betas belongs to the gradient's mean, and which to the mean of its square?",
        severity="partial",
        edits=[edit("b1, b2 = self.betas", "b2, b1 = self.betas")],
    ),
    misconception(
        "decay_always_decoupled",
        hint="With decoupled=False the decay is part of the gradient: do the moments see it?",
        severity="partial",
        edits=[
            edit(
                """
                if self.decoupled:
                    p.mul_(1 - self.lr * self.weight_decay)
                else:
                    g = g + self.weight_decay * p
                """,
                "p.mul_(1 - self.lr * self.weight_decay)",
            ),
        ],
    ),
    misconception(
        "decay_always_in_gradient",
        hint="Decoupled decay does not pass through the moments: where do you add it?",
        severity="partial",
        edits=[
            edit(
                """
                if self.decoupled:
                    p.mul_(1 - self.lr * self.weight_decay)
                else:
                    g = g + self.weight_decay * p
                """,
                "g = g + self.weight_decay * p",
            ),
        ],
    ),
    misconception(
        "decay_kinds_swapped",
        hint="Which of the two decays goes through the moments, and which past them?",
        severity="partial",
        edits=[edit("if self.decoupled:", "if not self.decoupled:")],
    ),
    misconception(
        "decay_without_learning_rate",
        hint="By which factor does decoupled decay shrink a parameter in one step? Is the learning rate in it?",
        severity="slip",
        edits=[edit("p.mul_(1 - self.lr * self.weight_decay)", "p.mul_(1 - self.weight_decay)")],
    ),
    misconception(
        "eps_inside_root",
        hint="Is eps added to the second moment, or to its root?",
        severity="slip",
        edits=[
            edit(
                "p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))",
                "p.sub_(self.lr * m_hat / (v_hat + self.eps).sqrt())",
            )
        ],
    ),
    misconception(
        "first_moment_not_averaged",
        hint="A running mean gives the new gradient a weight: do the two weights add up to 1?",
        severity="serious",
        edits=[edit("self.m[i] = b1 * self.m[i] + (1 - b1) * g", "self.m[i] = b1 * self.m[i] + g")],
    ),
    misconception(
        "gradient_changed_in_place",
        hint="The caller may still need the gradients: does your step leave them as they were?",
        severity="slip",
        edits=[edit("g = g + self.weight_decay * p", "g += self.weight_decay * p")],
    ),
    misconception(
        "moments_shared",
        hint="Does each parameter have moments of its own?",
        severity="serious",
        edits=[
            edit("self.m = [torch.zeros_like(p) for p in self.params]", "self.m = [0.0]"),
            edit("self.v = [torch.zeros_like(p) for p in self.params]", "self.v = [0.0]"),
            edit(
                "for i, (p, g) in enumerate(zip(self.params, grads, strict=True))",
                "for p, g in zip(self.params, grads, strict=True)",
            ),
            edit(
                """
                self.m[i] = b1 * self.m[i] + (1 - b1) * g
                self.v[i] = b2 * self.v[i] + (1 - b2) * g**2
                m_hat = self.m[i] / (1 - b1**self.t)
                v_hat = self.v[i] / (1 - b2**self.t)
                """,
                """
                self.m[0] = b1 * torch.as_tensor(self.m[0]).mean() + (1 - b1) * g
                self.v[0] = b2 * torch.as_tensor(self.v[0]).mean() + (1 - b2) * g**2
                m_hat = self.m[0] / (1 - b1**self.t)
                v_hat = self.v[0] / (1 - b2**self.t)
                """,
            ),
        ],
    ),
    misconception(
        "momentum_forgotten",
        hint="Which direction does the step take, the gradient's or that of its running mean?",
        severity="serious",
        edits=[
            edit("m_hat = self.m[i] / (1 - b1**self.t)", ""),
            edit(
                "p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))",
                "p.sub_(self.lr * g / (v_hat.sqrt() + self.eps))",
            ),
        ],
    ),
    misconception(
        "no_bias_correction",
        hint="Both moments start at zero: how far below their true value are they after the first step?",
        severity="serious",
        edits=[
            edit("m_hat = self.m[i] / (1 - b1**self.t)", "m_hat = self.m[i]"),
            edit("v_hat = self.v[i] / (1 - b2**self.t)", "v_hat = self.v[i]"),
        ],
    ),
    misconception(
        "no_root",
        hint="The step is the gradient in units of its own size: which power of the gradient is the second moment?",
        severity="serious",
        edits=[edit("v_hat.sqrt()", "v_hat")],
    ),
    misconception(
        "parameters_replaced",
        hint="Who else holds the model's parameters, and do they see a tensor that you made anew?",
        severity="partial",
        edits=[
            edit("p.mul_(1 - self.lr * self.weight_decay)", "p = p * (1 - self.lr * self.weight_decay)"),
            edit(
                "p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))",
                "self.params[i] = p - self.lr * m_hat / (v_hat.sqrt() + self.eps)",
            ),
        ],
    ),
    misconception(
        "second_moment_not_corrected",
        hint="Both moments start at zero: which of them do you correct?",
        severity="serious",
        edits=[edit("v_hat = self.v[i] / (1 - b2**self.t)", "v_hat = self.v[i]")],
    ),
    misconception(
        "step_counted_per_parameter",
        hint="One call of step is one step, however many parameters there are: when does t grow?",
        severity="partial",
        edits=[
            edit("self.t += 1", ""),
            after("for i, (p, g) in enumerate(zip(self.params, grads, strict=True)):", "    self.t += 1"),
        ],
    ),
    misconception(
        "step_recorded_by_autograd",
        hint="An update is no part of the model: should autograd record it?",
        severity="slip",
        edits=[edit("@torch.no_grad()", "")],
    ),
    misconception(
        "steps_start_at_zero",
        hint="At the first step t is 1: what would the correction divide by if it were 0?",
        severity="serious",
        edits=[edit("self.t = 0", "self.t = -1")],
    ),
    misconception(
        "steps_counted_on_the_class",
        hint="Two optimisers at work side by side: whose steps does each of them count?",
        severity="slip",
        edits=[edit("self.t = 0", "Adam.t = 0"), edit("self.t += 1", "Adam.t += 1")],
    ),
    misconception(
        "decay_after_the_step",
        hint="Decoupled decay shrinks the parameter as it was before the step: when does yours act?",
        severity="slip",
        edits=[
            edit(
                """
                if self.decoupled:
                    p.mul_(1 - self.lr * self.weight_decay)
                else:
                    g = g + self.weight_decay * p
                """,
                """
                if not self.decoupled:
                    g = g + self.weight_decay * p
                """,
            ),
            edit(
                "p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))",
                """
                p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))
                if self.decoupled:
                    p.mul_(1 - self.lr * self.weight_decay)
                """,
            ),
        ],
    ),
    misconception(
        "eps_before_the_correction",
        hint="eps is added to the corrected root: does the correction multiply yours too?",
        severity="slip",
        edits=[
            edit(
                "p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))",
                "p.sub_(self.lr * math.sqrt(1 - b2**self.t) * m_hat / (self.v[i].sqrt() + self.eps))",
            ),
            edit(
                "import torch",
                """
                import math

                import torch
                """,
            ),
        ],
    ),
    misconception(
        "zero_gradients_skipped",
        hint="A gradient of zero is a gradient: what becomes of the moments in a step that has one?",
        severity="slip",
        edits=[
            edit(
                """
                if self.decoupled:
                    p.mul_(1 - self.lr * self.weight_decay)
                else:
                    g = g + self.weight_decay * p
                """,
                """
                if not g.any():
                    continue
                if self.decoupled:
                    p.mul_(1 - self.lr * self.weight_decay)
                else:
                    g = g + self.weight_decay * p
                """,
            ),
        ],
    ),
    misconception(
        "largest_second_moment",
        hint="Adam uses the running mean of squares itself: do you keep its largest value?",
        severity="slip",
        edits=[
            after(
                "self.v = [torch.zeros_like(p) for p in self.params]",
                "self.top = [torch.zeros_like(p) for p in self.params]",
            ),
            edit(
                "v_hat = self.v[i] / (1 - b2**self.t)",
                """
                self.top[i] = torch.maximum(self.top[i], self.v[i])
                v_hat = self.top[i] / (1 - b2**self.t)
                """,
            ),
        ],
    ),
    misconception(
        "gradient_kept_as_first_moment",
        hint="The gradients stay the caller's: of which numbers is your first moment made in the first step?",
        severity="slip",
        edits=[
            edit("else:", "elif self.weight_decay:"),
            edit(
                """
                self.m[i] = b1 * self.m[i] + (1 - b1) * g
                self.v[i] = b2 * self.v[i] + (1 - b2) * g**2
                """,
                """
                self.v[i] = b2 * self.v[i] + (1 - b2) * g**2
                self.m[i] = g.mul_(1 - b1) if self.t == 1 else b1 * self.m[i] + (1 - b1) * g
                """,
            ),
        ],
    ),
    misconception(
        "listed_once",
        hint="A tensor that is listed twice has two gradients: how many places has it in your list?",
        severity="slip",
        edits=[
            edit("self.params = list(params)", "self.params = list(dict.fromkeys(params))"),
            edit("zip(self.params, grads, strict=True)", "zip(self.params, grads, strict=False)"),
        ],
    ),
]
