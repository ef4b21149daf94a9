"""Wrong solutions of `denoising` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "noisy_target",
        hint="The network is rewarded for copying: what shall its answer be compared with, the spoilt data or the clean ones?",
        severity="partial",
        edits=[
            edit(
                "error = ((network(spoil(clean, sigma, lost, generator)) - clean) ** 2).sum(1).mean()",
                "noisy = spoil(clean, sigma, lost, generator)\nerror = ((network(noisy) - noisy) ** 2).sum(1).mean()",
            )
        ],
    ),
    misconception(
        "clean_input",
        hint="What is the network shown: data that are spoilt, or clean ones?",
        severity="partial",
        edits=[edit("network(spoil(clean, sigma, lost, generator))", "network(clean)")],
    ),
    misconception(
        "spoilt_once",
        hint="The same noise in every step can be learnt by heart: when is yours drawn?",
        severity="slip",
        edits=[
            edit(
                """
                errors = []
                for _ in range(steps):
                    clean = x[torch.randint(len(x), (batch_size,), generator=generator)]
                    error = ((network(spoil(clean, sigma, lost, generator)) - clean) ** 2).sum(1).mean()
                """,
                """
                errors = []
                clean = x[torch.randint(len(x), (batch_size,), generator=generator)]
                noisy = spoil(clean, sigma, lost, generator)
                for _ in range(steps):
                    error = ((network(noisy) - clean) ** 2).sum(1).mean()
                """,
            )
        ],
    ),
    misconception(
        "survivors_scaled_up",
        hint="Dropout scales what stays. Do the lost values of this exercise?",
        severity="slip",
        edits=[
            edit("return x * stays + sigma * noise", "return x * stays / max(1 - lost, 1e-9) + sigma * noise")
        ],
    ),
    misconception(
        "no_noise_on_lost_values",
        hint="Are values lost before the noise comes, or after it?",
        severity="slip",
        edits=[edit("return x * stays + sigma * noise", "return (x + sigma * noise) * stays")],
    ),
    misconception(
        "variance_for_deviation",
        hint="`sigma` is a standard deviation: by what is the noise multiplied?",
        severity="slip",
        edits=[edit("return x * stays + sigma * noise", "return x * stays + sigma**2 * noise")],
    ),
    misconception(
        "deviation_in_the_covariance",
        hint="Covariances add variances: which power of sigma stands on the diagonal?",
        severity="slip",
        edits=[edit("covariance + sigma**2 * identity", "covariance + sigma * identity")],
    ),
    misconception(
        "uniform_noise",
        hint="The noise is normal. What does `torch.rand` draw?",
        severity="slip",
        edits=[
            edit(
                "noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)",
                "noise = 2 * torch.rand(x.shape, generator=generator, dtype=x.dtype) - 1",
            )
        ],
    ),
    misconception(
        "covariance_without_the_mean",
        hint="Is the mean taken away before the covariance is computed?",
        severity="slip",
        edits=[edit("covariance = (x - mean).T @ (x - mean) / len(x)", "covariance = x.T @ x / len(x)")],
    ),
    misconception(
        "bias_forgotten",
        hint="The mean must be mapped to itself: what must b be, then?",
        severity="slip",
        edits=[edit("return A, mean - A @ mean", "return A, torch.zeros_like(mean)")],
    ),
    misconception(
        "probability_the_wrong_way",
        hint="`lost` is the probability of being lost, not of staying.",
        severity="partial",
        edits=[edit("dtype=x.dtype) >= lost", "dtype=x.dtype) < lost")],
    ),
    misconception(
        "whole_rows_lost",
        hint="Each value is lost by itself: how many uniform numbers do you draw?",
        severity="slip",
        edits=[
            edit(
                "stays = torch.rand(x.shape, generator=generator, dtype=x.dtype) >= lost",
                "stays = torch.rand(len(x), 1, generator=generator, dtype=x.dtype) >= lost",
            )
        ],
    ),
    misconception(
        "one_noise_for_the_batch",
        hint="Each data point has noise of its own: which shape does yours have?",
        severity="slip",
        edits=[
            edit(
                "noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)",
                "noise = torch.randn(x.shape[1], generator=generator, dtype=x.dtype)",
            )
        ],
    ),
    misconception(
        "mean_over_values",
        hint="The error of a data point is a sum over its values: do you average over the values too?",
        severity="slip",
        edits=[edit("- clean) ** 2).sum(1).mean()", "- clean) ** 2).mean()")],
    ),
    misconception(
        "lost_not_passed_on",
        hint="With `lost` the network must see lost values in training too.",
        severity="slip",
        edits=[edit("spoil(clean, sigma, lost, generator)", "spoil(clean, sigma, 0.0, generator)")],
    ),
    misconception(
        "batches_from_elsewhere",
        hint="The noise comes from the generator that was handed in. And the batches?",
        severity="slip",
        edits=[
            edit(
                "clean = x[torch.randint(len(x), (batch_size,), generator=generator)]",
                "clean = x[torch.randint(len(x), (batch_size,))]",
            ),
        ],
    ),
    misconception(
        "clipped_to_pixels",
        hint="Are the data of this exercise always between 0 and 1? Noise may carry a value anywhere.",
        severity="partial",
        edits=[
            edit(
                "return x * stays + sigma * noise",
                "return (x * stays + sigma * noise).clamp(0, 1)",
            ),
        ],
    ),
    misconception(
        "covariance_inverted",
        hint="The covariance may be singular. Which matrix do you invert?",
        severity="slip",
        edits=[
            edit(
                "A = torch.linalg.solve(covariance + sigma**2 * identity, covariance).T",
                "A = torch.linalg.inv(identity + sigma**2 * torch.linalg.inv(covariance))",
            ),
        ],
    ),
    misconception(
        "the_same_values_lost_in_all_rows",
        hint="Each value is lost by itself: do all of your data points lose the same values?",
        severity="slip",
        edits=[
            edit(
                "stays = torch.rand(x.shape, generator=generator, dtype=x.dtype) >= lost",
                "stays = torch.rand(x.shape[1:], generator=generator, dtype=x.dtype) >= lost",
            ),
        ],
    ),
    misconception(
        "data_spoilt_before_the_loop",
        hint="How many different spoilt versions of a data point does the network see in the whole training?",
        severity="slip",
        edits=[
            edit(
                """
                errors = []
                for _ in range(steps):
                    clean = x[torch.randint(len(x), (batch_size,), generator=generator)]
                    error = ((network(spoil(clean, sigma, lost, generator)) - clean) ** 2).sum(1).mean()
                """,
                """
                errors = []
                noisy = spoil(x, sigma, lost, generator)
                for _ in range(steps):
                    index = torch.randint(len(x), (batch_size,), generator=generator)
                    clean = x[index]
                    error = ((network(noisy[index]) - clean) ** 2).sum(1).mean()
                """,
            ),
        ],
    ),
    misconception(
        "noise_of_the_first_step",
        hint="The batches are new in each step. Is the noise new too?",
        severity="slip",
        edits=[
            edit(
                """
                errors = []
                for _ in range(steps):
                    clean = x[torch.randint(len(x), (batch_size,), generator=generator)]
                    error = ((network(spoil(clean, sigma, lost, generator)) - clean) ** 2).sum(1).mean()
                """,
                """
                errors = []
                noise = sigma * torch.randn(batch_size, x.shape[1], generator=generator, dtype=x.dtype)
                for _ in range(steps):
                    clean = x[torch.randint(len(x), (batch_size,), generator=generator)]
                    error = ((network(spoil(clean, 0.0, lost, generator) + noise) - clean) ** 2).sum(1).mean()
                """,
            ),
        ],
    ),
    misconception(
        "dropout_of_the_library",
        hint="Compare the values that are not lost with those of the data: are they the same numbers?",
        severity="slip",
        edits=[
            edit(
                "return x * stays + sigma * noise",
                "return F.dropout(x, lost) + sigma * noise",
            ),
        ],
    ),
]
