"""Wrong solutions of `elbo` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
KL = "kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)"

MISCONCEPTIONS = [
    misconception(
        "reconstruction_averaged_over_pixels",
        hint="The log-density of an image is a sum over its pixels, the divergence one over latents: do you average one and sum the other?",
        severity="serious",
        edits=[edit("return terms.sum(-1)", "return terms.mean(-1)")],
    ),
    misconception(
        "logvar_used_as_std",
        hint="`logvar` is the logarithm of the variance: by what must the noise be multiplied?",
        severity="slip",
        edits=[edit("z = mu + torch.exp(logvar / 2) * noise", "z = mu + torch.exp(logvar) * noise")],
    ),
    misconception(
        "mean_decoded",
        hint="The reconstruction is a mean over draws: which z do you decode?",
        severity="partial",
        edits=[
            edit(
                "reconstruction = normal_log_likelihood(x, decode(z), sd)",
                "reconstruction = normal_log_likelihood(x, decode(mu), sd)",
            )
        ],
    ),
    misconception(
        "kl_sign_flipped",
        hint="The code has a price: is the divergence added to the bound, or taken from it?",
        severity="partial",
        edits=[
            edit(
                "return reconstruction - beta * kl, reconstruction, kl",
                "return reconstruction + beta * kl, reconstruction, kl",
            )
        ],
    ),
    misconception(
        "kl_takes_logvar_as_sigma",
        hint="The variance is the exponential of `logvar`, and not its square.",
        severity="partial",
        edits=[edit(KL, "kl = 0.5 * (mu**2 + logvar**2 - 1 - torch.log(logvar**2 + 1e-8)).sum(-1)")],
    ),
    misconception(
        "kl_over_the_batch",
        hint="Each data point has a divergence of its own: which axis do you sum over?",
        severity="partial",
        edits=[edit(KL, "kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum().expand(len(mu))")],
    ),
    misconception(
        "bound_goes_down",
        hint="Optimisers go downhill: what do you hand to `backward`, the bound or minus the bound?",
        severity="partial",
        edits=[edit("(-bound).backward()", "bound.backward()")],
    ),
    misconception(
        "no_gradient_through_the_draw",
        hint="Does the reconstruction's gradient reach the encoder?",
        severity="partial",
        edits=[
            edit(
                "z = mu + torch.exp(logvar / 2) * noise", "z = (mu + torch.exp(logvar / 2) * noise).detach()"
            )
        ],
    ),
    misconception(
        "constant_left_out",
        hint="A squared error is not a log-density: which terms of the normal density are missing?",
        severity="partial",
        edits=[
            edit(
                "terms = -((x - mean) ** 2) / (2 * sd**2) - math.log(sd) - 0.5 * math.log(2 * math.pi)",
                "terms = -((x - mean) ** 2) / (2 * sd**2)",
            )
        ],
    ),
    misconception(
        "deviation_for_variance",
        hint="The square in the exponent is measured in variances: is `sd` squared?",
        severity="partial",
        edits=[edit("/ (2 * sd**2) - math.log(sd)", "/ (2 * sd) - math.log(sd)")],
    ),
    misconception(
        "beta_on_the_returned_divergence",
        hint="The weight belongs to the bound. What is returned as the divergence?",
        severity="slip",
        edits=[
            edit(KL, "kl = beta * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)"),
            edit("return reconstruction - beta * kl,", "return reconstruction - kl,"),
        ],
    ),
    misconception(
        "beta_not_used_in_training",
        hint="Does the weight that was handed to `train_vae` reach the bound?",
        severity="slip",
        edits=[
            edit("model.decode, sd, generator, beta)[0].mean()", "model.decode, sd, generator)[0].mean()")
        ],
    ),
    misconception(
        "pixels_squashed",
        hint="The card says how the decoder ends: with a linear layer.",
        severity="slip",
        edits=[edit("return self.decoder(z)", "return torch.tanh(self.decoder(z))")],
    ),
    misconception(
        "halves_exchanged",
        hint="Which half of the encoder's values is the mean?",
        severity="slip",
        edits=[
            edit(
                "mu, logvar = self.encoder(x).chunk(2, dim=-1)",
                "logvar, mu = self.encoder(x).chunk(2, dim=-1)",
            )
        ],
    ),
    misconception(
        "relu_on_the_code",
        hint="A mean and a log-variance may be negative: what stands after the encoder's last layer?",
        severity="partial",
        edits=[edit("nn.Linear(width, 2 * d))", "nn.Linear(width, 2 * d), nn.ReLU())")],
    ),
    misconception(
        "gradients_pile_up",
        hint="`backward` adds to the gradients that are there: who sets them to zero between two steps?",
        severity="slip",
        edits=[edit("        optimiser.zero_grad()\n", "")],
    ),
    misconception(
        "noise_of_one_row",
        hint="Each data point has a draw of its own: which shape does the noise have?",
        severity="slip",
        edits=[
            edit(
                "noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype)",
                "noise = torch.randn(mu.shape[-1], generator=generator, dtype=mu.dtype)",
            )
        ],
    ),
    misconception(
        "weights_decay",
        hint="Beside the gradient of the bound something pulls your weights towards 0: which argument of your optimiser?",
        severity="slip",
        edits=[
            edit(
                "torch.optim.Adam(model.parameters(), lr)",
                "torch.optim.Adam(model.parameters(), lr, weight_decay=1e-5)",
            ),
        ],
    ),
    misconception(
        "batch_axes_flattened",
        hint="Latents may have several axes before the last. Which shape has what you decode from (3, 2, d)?",
        severity="slip",
        edits=[
            edit(
                "return self.decoder(z)",
                "return self.decoder(z.reshape(-1, z.shape[-1]))",
            ),
        ],
    ),
    misconception(
        "passes_through_the_data",
        hint="Each step draws its own data points, with replacement. Does a pass through the data in a new order do that?",
        severity="slip",
        edits=[
            edit(
                """
                for _ in range(steps):
                    batch = x[torch.randint(len(x), (batch_size,), generator=generator)]
                """,
                """
                order = torch.cat([torch.randperm(len(x), generator=generator) for _ in range(steps * batch_size // len(x) + 1)])
                for k in range(steps):
                    batch = x[order[k * batch_size : (k + 1) * batch_size]]
                """,
            ),
        ],
    ),
    misconception(
        "divergence_of_the_draw",
        hint="The divergence is asked for exactly. Does yours change with the draw?",
        severity="partial",
        edits=[
            edit(
                "kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)",
                "kl = 0.5 * (z**2 - noise**2 - logvar).sum(-1)",
            ),
        ],
    ),
    misconception(
        "latents_from_elsewhere",
        hint="Which generator draws your latents: the one that was handed in?",
        severity="slip",
        edits=[
            edit(
                "noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype)",
                "noise = torch.randn_like(mu)",
            ),
        ],
    ),
    misconception(
        "optimiser_kept",
        hint="A second training begins with a new Adam. Where does yours remember the steps of the first?",
        severity="slip",
        edits=[
            edit(
                "optimiser = torch.optim.Adam(model.parameters(), lr)",
                """
                if not hasattr(model, "optimiser"):
                    model.optimiser = torch.optim.Adam(model.parameters(), lr)
                optimiser = model.optimiser
                """,
            ),
        ],
    ),
    misconception(
        "bounds_without_the_weight",
        hint="Which bound do you report: the one that is trained, with its weight, or another?",
        severity="slip",
        edits=[
            edit(
                "bound = elbo(batch, model.encode, model.decode, sd, generator, beta)[0].mean()",
                """
                bound, reconstruction, divergence = elbo(batch, model.encode, model.decode, sd, generator, beta)
                bound = bound.mean()
                """,
            ),
            edit(
                "bounds.append(bound.item())",
                "bounds.append((reconstruction - divergence).mean().item())",
            ),
        ],
    ),
    misconception(
        "two_heads",
        hint="The card counts the linear layers. How many are there in your network?",
        severity="slip",
        edits=[
            edit(
                "self.encoder = nn.Sequential(nn.Linear(D, width), nn.ReLU(), nn.Linear(width, 2 * d))",
                """
                self.encoder = nn.Sequential(nn.Linear(D, width), nn.ReLU())
                self.mean_head, self.logvar_head = nn.Linear(width, d), nn.Linear(width, d)
                """,
            ),
            edit(
                "mu, logvar = self.encoder(x).chunk(2, dim=-1)",
                """
                h = self.encoder(x)
                mu, logvar = self.mean_head(h), self.logvar_head(h)
                """,
            ),
        ],
    ),
    misconception(
        "sd_taken_for_the_variance",
        hint="`sd` is a standard deviation: which power of it divides the squared distance, and whose logarithm is taken?",
        severity="partial",
        edits=[
            edit(
                "terms = -((x - mean) ** 2) / (2 * sd**2) - math.log(sd) - 0.5 * math.log(2 * math.pi)",
                "terms = -((x - mean) ** 2) / (2 * sd) - 0.5 * math.log(sd) - 0.5 * math.log(2 * math.pi)",
            ),
        ],
    ),
]
