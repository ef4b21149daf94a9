"""Wrong solutions of `spectral_norm` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "u_updated_in_evaluation",
        hint="In evaluation two calls with one input must have one output: who changes u there?",
        severity="slip",
        edits=[edit("if self.training:", "if True:")],
    ),
    misconception(
        "u_not_kept",
        hint="One round is enough only if it starts where the last one ended: where is u stored?",
        severity="partial",
        edits=[
            edit(
                "sigma, self.u, _ = power_iteration(self.weight, self.u)",
                "sigma, _, _ = power_iteration(self.weight, self.u)",
            )
        ],
    ),
    misconception(
        "sigma_without_a_gradient",
        hint="u and v are constants; is sigma one too?",
        severity="slip",
        edits=[edit("    return u @ weight @ v, u, v", "    return (u @ weight @ v).detach(), u, v")],
    ),
    misconception(
        "graph_through_the_rounds",
        hint="Which parts of the rounds are constants for the gradient?",
        severity="slip",
        edits=[
            edit(
                """
                with torch.no_grad():
                    for _ in range(rounds):
                        v = F.normalize(weight.T @ u, dim=0)
                        u = F.normalize(weight @ v, dim=0)
                """,
                """
                for _ in range(rounds):
                    v = F.normalize(weight.T @ u, dim=0)
                    u = F.normalize(weight @ v, dim=0)
                """,
            ),
            edit(
                "sigma, self.u, _ = power_iteration(self.weight, self.u)",
                "sigma, u, _ = power_iteration(self.weight, self.u)\nself.u = u.detach()",
            ),
        ],
    ),
    misconception(
        "multiplied_by_sigma",
        hint="A matrix with too large a norm must become smaller: multiply, or divide?",
        severity="partial",
        edits=[edit("self.weight / sigma, self.bias", "self.weight * sigma, self.bias")],
    ),
    misconception(
        "output_divided",
        hint="The bias stretches nothing: is it divided too?",
        severity="slip",
        edits=[
            edit(
                "return F.linear(x, self.weight / sigma, self.bias)",
                "return F.linear(x, self.weight, self.bias) / sigma",
            )
        ],
    ),
    misconception(
        "weight_overwritten",
        hint="The parameter itself must stay: do you change the weight that the optimiser holds?",
        severity="slip",
        edits=[
            edit(
                "return F.linear(x, self.weight / sigma, self.bias)",
                "with torch.no_grad():\n    self.weight.div_(sigma.detach())\nreturn F.linear(x, self.weight, self.bias)",
            )
        ],
    ),
    misconception(
        "not_normalised",
        hint="Singular vectors have length 1. Have yours, after each product?",
        severity="serious",
        edits=[
            edit("            v = F.normalize(weight.T @ u, dim=0)", "            v = weight.T @ u"),
            edit("            u = F.normalize(weight @ v, dim=0)", "            u = weight @ v"),
        ],
    ),
    misconception(
        "frobenius_norm",
        hint="The Frobenius norm counts all singular values. Which one limits the slope?",
        severity="partial",
        edits=[edit("    return u @ weight @ v, u, v", "    return weight.norm(), u, v")],
    ),
    misconception(
        "one_round_only",
        hint="How many rounds were asked for?",
        severity="slip",
        edits=[edit("for _ in range(rounds):", "for _ in range(1):")],
    ),
    misconception(
        "u_a_parameter",
        hint="An optimiser must not touch u: what does a module store that is no parameter?",
        severity="slip",
        edits=[
            edit(
                'self.register_buffer("u", F.normalize(torch.randn(m), dim=0))',
                "self.u = nn.Parameter(F.normalize(torch.randn(m), dim=0))",
            ),
            edit(
                "sigma, self.u, _ = power_iteration(self.weight, self.u)",
                "sigma, u, _ = power_iteration(self.weight, self.u)\nself.u.data = u",
            ),
        ],
    ),
    misconception(
        "u_changed_in_place",
        hint="The graph of an earlier call still needs its u: do you overwrite it?",
        severity="slip",
        edits=[
            edit(
                "sigma, self.u, _ = power_iteration(self.weight, self.u)",
                "_, u, v = power_iteration(self.weight, self.u)\nself.u.copy_(u)\nsigma = self.u @ self.weight @ v",
            )
        ],
    ),
    misconception(
        "u_the_same_in_all_layers",
        hint="Where does each layer's u start?",
        severity="slip",
        edits=[edit("F.normalize(torch.randn(m), dim=0))", "F.normalize(torch.ones(m), dim=0))")],
    ),
    misconception(
        "many_rounds_in_evaluation",
        hint="In evaluation sigma comes from the stored u and the v that belongs to it. How many rounds do you make there?",
        severity="slip",
        edits=[
            edit(
                """
                v = F.normalize(self.weight.detach().T @ self.u, dim=0)
                sigma = self.u @ self.weight @ v
                """,
                "sigma, _, _ = power_iteration(self.weight, self.u, 100)",
            ),
        ],
    ),
    misconception(
        "new_u_in_evaluation",
        hint="In evaluation sigma comes from the stored u. Does yours come from the u of one round more?",
        severity="slip",
        edits=[
            edit(
                """
                v = F.normalize(self.weight.detach().T @ self.u, dim=0)
                sigma = self.u @ self.weight @ v
                """,
                "sigma, _, _ = power_iteration(self.weight, self.u)",
            ),
        ],
    ),
    misconception(
        "sigma_kept_for_evaluation",
        hint="The weight may have changed since the last call in training, or the layer may have been loaded. From what does your sigma come in evaluation?",
        severity="slip",
        edits=[
            edit(
                'self.register_buffer("u", F.normalize(torch.randn(m), dim=0))',
                """
                self.register_buffer("u", F.normalize(torch.randn(m), dim=0))
                self.sigma = torch.tensor(1.0)
                """,
            ),
            edit(
                "sigma, self.u, _ = power_iteration(self.weight, self.u)",
                """
                sigma, self.u, _ = power_iteration(self.weight, self.u)
                self.sigma = sigma.detach()
                """,
            ),
            edit(
                """
                v = F.normalize(self.weight.detach().T @ self.u, dim=0)
                sigma = self.u @ self.weight @ v
                """,
                "sigma = self.sigma",
            ),
        ],
    ),
    misconception(
        "rows_only",
        hint="The axes before the last are batch axes, one or several. Which shapes does your product accept?",
        severity="slip",
        edits=[
            edit(
                "return F.linear(x, self.weight / sigma, self.bias)",
                "return torch.addmm(self.bias, x, (self.weight / sigma).T)",
            ),
        ],
    ),
    misconception(
        "normalised_at_the_end",
        hint="Vectors that are brought to length 1 only at the end grow with each round. What becomes of them after many?",
        severity="slip",
        edits=[
            edit(
                """
                for _ in range(rounds):
                    v = F.normalize(weight.T @ u, dim=0)
                    u = F.normalize(weight @ v, dim=0)
                """,
                """
                for _ in range(rounds):
                    v = weight.T @ u
                    u = weight @ v
                u, v = u / u.norm(), v / v.norm()
                """,
            ),
        ],
    ),
    misconception(
        "divided_only_above_one",
        hint="The matrix has the spectral norm 1 after the division. What has one whose norm was 0.2?",
        severity="slip",
        edits=[
            edit(
                "self.weight / sigma, self.bias",
                "self.weight / sigma.clamp(min=1), self.bias",
            ),
        ],
    ),
    misconception(
        "start_of_a_gan",
        hint="Weight and bias start as those of `nn.Linear`. From which distribution do yours come?",
        severity="slip",
        edits=[
            edit(
                "self.weight, self.bias = start.weight, start.bias",
                """
                self.weight, self.bias = start.weight, start.bias
                nn.init.normal_(self.weight, 0.0, 0.02)
                nn.init.zeros_(self.bias)
                """,
            ),
        ],
    ),
    misconception(
        "v_stored_too",
        hint="Which buffers does the card name? What belongs to the stored u can be computed from it.",
        severity="partial",
        edits=[
            edit(
                'self.register_buffer("u", F.normalize(torch.randn(m), dim=0))',
                """
                self.register_buffer("u", F.normalize(torch.randn(m), dim=0))
                self.register_buffer("v", F.normalize(torch.randn(n), dim=0))
                """,
            ),
            edit(
                "sigma, self.u, _ = power_iteration(self.weight, self.u)",
                "sigma, self.u, self.v = power_iteration(self.weight, self.u)",
            ),
            edit(
                """
                v = F.normalize(self.weight.detach().T @ self.u, dim=0)
                sigma = self.u @ self.weight @ v
                """,
                "sigma = self.u @ self.weight @ self.v",
            ),
        ],
    ),
    misconception(
        "u_of_another_length",
        hint="u is a direction. Which length has yours before the first call?",
        severity="slip",
        edits=[
            edit(
                "F.normalize(torch.randn(m), dim=0))",
                "torch.randn(m))",
            ),
        ],
    ),
    misconception(
        "frobenius_in_the_layer",
        hint="The Frobenius norm counts all singular values. By which number do you divide the layer's matrix?",
        severity="slip",
        edits=[
            edit(
                "return F.linear(x, self.weight / sigma, self.bias)",
                "return F.linear(x, self.weight / self.weight.norm(), self.bias)",
            ),
        ],
    ),
]
