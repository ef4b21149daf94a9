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
                "sigma, u, _ = power_iteration(self.weight, self.u)\nself.u.copy_(u)\nsigma = self.u @ self.weight @ F.normalize(self.weight.detach().T @ self.u, dim=0)",
            )
        ],
    ),
    misconception(
        "u_the_same_in_all_layers",
        hint="Where does each layer's u start?",
        severity="slip",
        edits=[edit("F.normalize(torch.randn(m), dim=0))", "F.normalize(torch.ones(m), dim=0))")],
    ),
]
