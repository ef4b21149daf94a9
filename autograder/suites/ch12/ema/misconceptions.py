"""Wrong solutions of `ema` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "in_place"

MISCONCEPTIONS = [
    misconception(
        "aliases_parameters",
        hint="detach makes no copy: what happens to your average when the optimiser moves the parameter?",
        severity="partial",
        edits=[edit("p.detach().clone() for", "p.detach() for")],
    ),
    misconception(
        "bias_corrected",
        hint="The average starts at the parameters, so nothing has to be corrected.",
        severity="partial",
        edits=[
            edit("self.decay = decay", "self.decay, self.steps = decay, 0"),
            after("def update(self, params):", "    self.steps += 1"),
            edit(
                "s.mul_(self.decay).add_(p, alpha=1 - self.decay)",
                "s.mul_(self.decay).add_(p, alpha=1 - self.decay).div_(1 - self.decay**self.steps + 1e-12)",
            ),
        ],
    ),
    misconception(
        "carries_graph",
        hint="The averages are plain numbers: what keeps the graph of every update alive?",
        severity="slip",
        edits=[
            edit("@torch.no_grad()", ""),
            edit(
                """
                for s, p in zip(self.shadow, params, strict=True):
                    s.mul_(self.decay).add_(p, alpha=1 - self.decay)
                """,
                """
                pairs = zip(self.shadow, params, strict=True)
                self.shadow = [self.decay * s + (1 - self.decay) * p for s, p in pairs]
                """,
            ),
        ],
    ),
    misconception(
        "decay_ignored",
        hint="decay is an argument.",
        severity="partial",
        edits=[edit("self.decay = decay", "self.decay = 0.999")],
    ),
    misconception(
        "decay_swapped",
        hint="With a decay of 0.999 the average hardly moves: which of the two gets that weight?",
        severity="serious",
        edits=[
            edit(
                "s.mul_(self.decay).add_(p, alpha=1 - self.decay)",
                "s.mul_(1 - self.decay).add_(p, alpha=self.decay)",
            )
        ],
    ),
    misconception(
        "first_parameter_only",
        hint="A model has many parameters, each with its average.",
        severity="partial",
        edits=[
            edit("zip(self.shadow, params, strict=True)", "list(zip(self.shadow, params, strict=True))[:1]")
        ],
    ),
    misconception(
        "float32_always",
        hint="An average has its parameter's dtype.",
        severity="slip",
        edits=[edit("p.detach().clone() for", "p.detach().float().clone() for")],
    ),
    misconception(
        "moves_parameters",
        hint="The model trains on undisturbed: only the averages move.",
        severity="partial",
        edits=[
            edit(
                "s.mul_(self.decay).add_(p, alpha=1 - self.decay)",
                """
                p.mul_(1 - self.decay).add_(s, alpha=self.decay)
                s.copy_(p)
                """,
            ),
        ],
    ),
    misconception(
        "old_weight_not_reduced",
        hint="The two weights add up to 1.",
        severity="serious",
        edits=[edit("s.mul_(self.decay).add_(p, alpha=1 - self.decay)", "s.add_(p, alpha=1 - self.decay)")],
    ),
    misconception(
        "plain_mean",
        hint="Old values fade by the same factor at each update; in a plain mean all count the same.",
        severity="serious",
        edits=[
            edit("self.decay = decay", "self.steps = 1"),
            after("def update(self, params):", "    self.steps += 1"),
            edit("s.mul_(self.decay).add_(p, alpha=1 - self.decay)", "s.add_((p - s) / self.steps)"),
        ],
    ),
    misconception(
        "shadow_is_a_tuple",
        hint="shadow is a list.",
        severity="slip",
        edits=[edit("[p.detach().clone() for p in params]", "tuple(p.detach().clone() for p in params)")],
    ),
    misconception(
        "starts_at_zero",
        hint="Before the first update the average is the parameters themselves.",
        severity="serious",
        edits=[edit("p.detach().clone()", "torch.zeros_like(p)")],
    ),
    misconception(
        "update_replaces",
        hint="An update moves the average a little; yours is the parameter itself afterwards.",
        severity="serious",
        edits=[edit("s.mul_(self.decay).add_(p, alpha=1 - self.decay)", "s.copy_(p)")],
    ),
    misconception(
        "decay_warms_up",
        hint="The decay is the same at every update: is yours smaller in the first ones?",
        severity="partial",
        edits=[
            edit(
                "self.decay = decay",
                "self.decay, self.updates = decay, 0",
            ),
            edit(
                "for s, p in zip(self.shadow, params, strict=True):",
                """
                self.updates += 1
                decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
                for s, p in zip(self.shadow, params, strict=True):
                """,
            ),
            edit(
                "s.mul_(self.decay).add_(p, alpha=1 - self.decay)",
                "s.mul_(decay).add_(p, alpha=1 - decay)",
            ),
        ],
    ),
    misconception(
        "parameters_of_the_start",
        hint="update is given the parameters of now: whose do you average?",
        severity="partial",
        edits=[
            edit(
                "self.decay = decay",
                "self.decay, self.params = decay, list(params)",
            ),
            edit(
                "zip(self.shadow, params, strict=True)",
                "zip(self.shadow, self.params, strict=True)",
            ),
        ],
    ),
    misconception(
        "frozen_ones_skipped",
        hint="Every parameter has an average, whether it is trained or not: which do you leave out?",
        severity="slip",
        edits=[
            edit(
                "s.mul_(self.decay).add_(p, alpha=1 - self.decay)",
                """
                if p.requires_grad:
                    s.mul_(self.decay).add_(p, alpha=1 - self.decay)
                """,
            ),
        ],
    ),
    misconception(
        "parameters_scaled_in_place",
        hint="The parameters stay what they are: which of your operations writes into them?",
        severity="partial",
        edits=[
            edit(
                "s.mul_(self.decay).add_(p, alpha=1 - self.decay)",
                "s.mul_(self.decay).add_(p.mul_(1 - self.decay))",
            )
        ],
    ),
]
