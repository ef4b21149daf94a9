"""Wrong solutions of `contrastive_divergence` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "gradients_of_the_likelihood",
        hint="Descent subtracts these gradients: does the probability of the data rise then?",
        severity="partial",
        edits=[
            edit(
                "grad_weight = v_chain.T @ h_chain / len(v_chain) - v_data.T @ h_data / len(v_data)",
                "grad_weight = v_data.T @ h_data / len(v_data) - v_chain.T @ h_chain / len(v_chain)",
            ),
            edit(
                "return grad_weight, v_chain.mean(0) - v_data.mean(0), h_chain.mean(0) - h_data.mean(0)",
                "return grad_weight, v_data.mean(0) - v_chain.mean(0), h_data.mean(0) - h_chain.mean(0)",
            ),
        ],
    ),
    misconception(
        "chain_with_the_datas_hidden_units",
        hint="The chain's visible states go with hidden probabilities: of which visible states?",
        severity="slip",
        edits=[edit("h_chain = torch.sigmoid(v_chain @ weight + hidden_bias)", "h_chain = h_data")],
    ),
    misconception(
        "weight_summed_biases_averaged",
        hint="The ratio of two learning rates must not depend on the batch's size: which of your three are means?",
        severity="slip",
        edits=[
            edit(
                "v_chain.T @ h_chain / len(v_chain) - v_data.T @ h_data / len(v_data)",
                "v_chain.T @ h_chain - v_data.T @ h_data",
            )
        ],
    ),
    misconception(
        "hidden_samples_in_the_statistics",
        hint="The sum over the hidden units is known exactly: why draw them?",
        severity="partial",
        edits=[
            edit(
                "h_data = torch.sigmoid(v_data @ weight + hidden_bias)",
                "h_data = torch.bernoulli(torch.sigmoid(v_data @ weight + hidden_bias))",
            )
        ],
    ),
    misconception(
        "negative_phase_forgotten",
        hint="What stops the weights from growing for ever?",
        severity="partial",
        edits=[
            edit("v_chain.T @ h_chain / len(v_chain) - v_data.T", "-v_data.T"),
            edit(
                "v_chain.mean(0) - v_data.mean(0), h_chain.mean(0) - h_data.mean(0)",
                "-v_data.mean(0), -h_data.mean(0)",
            ),
        ],
    ),
    misconception(
        "hidden_units_not_drawn",
        hint="A chain that passes probabilities on instead of states does not sample the model: which layer do you not draw?",
        severity="slip",
        edits=[
            edit(
                "h = torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias), generator=generator)",
                "h = torch.sigmoid(v @ weight + hidden_bias)",
            )
        ],
    ),
    misconception(
        "visible_units_not_drawn",
        hint="Visible states of a chain are 0 or 1.",
        severity="serious",
        edits=[
            edit(
                "v = torch.bernoulli(torch.sigmoid(h @ weight.T + visible_bias), generator=generator)",
                "v = torch.sigmoid(h @ weight.T + visible_bias)",
            )
        ],
    ),
    misconception(
        "thresholded",
        hint="A probability of 0.6 is not a certainty: do you draw, or round?",
        severity="partial",
        edits=[
            edit(
                "h = torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias), generator=generator)",
                "h = (v @ weight + hidden_bias > 0).to(v.dtype)",
            )
        ],
    ),
    misconception(
        "restarted_in_each_step",
        hint="The second step starts where the first one ended.",
        severity="slip",
        edits=[
            edit(
                """
                for _ in range(k):
                    h = torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias), generator=generator)
                """,
                """
                start = v
                for _ in range(k):
                    h = torch.bernoulli(torch.sigmoid(start @ weight + hidden_bias), generator=generator)
                """,
            )
        ],
    ),
    misconception(
        "one_step_whatever_k",
        hint="How many steps does your chain make when k is 10?",
        severity="slip",
        edits=[edit("for _ in range(k):", "for _ in range(min(k, 1)):")],
    ),
    misconception(
        "visible_bias_left_out",
        hint="The visible units have a bias: where is its gradient, and where does it act in the chain?",
        severity="partial",
        edits=[
            edit("torch.sigmoid(h @ weight.T + visible_bias)", "torch.sigmoid(h @ weight.T)"),
            edit(
                "return grad_weight, v_chain.mean(0) - v_data.mean(0),",
                "return grad_weight, torch.zeros_like(visible_bias),",
            ),
        ],
    ),
    misconception(
        "generator_not_used",
        hint="A seed must repeat a run: do all draws come from the generator that was handed in?",
        severity="slip",
        edits=[
            edit(
                "h = torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias), generator=generator)",
                "h = torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias))",
            ),
        ],
    ),
    misconception(
        "one_draw_for_all_chains",
        hint="Each chain throws dice of its own: how many uniform numbers does a layer need?",
        severity="partial",
        edits=[
            edit(
                "v = torch.bernoulli(torch.sigmoid(h @ weight.T + visible_bias), generator=generator)",
                "p = torch.sigmoid(h @ weight.T + visible_bias)\nv = (torch.rand(p.shape[1], generator=generator, dtype=p.dtype) < p).to(p.dtype)",
            ),
        ],
    ),
    misconception(
        "grey_pixels_rounded",
        hint="Grey pixels are probabilities: do you round them before the first step?",
        severity="slip",
        edits=[
            edit(
                "for _ in range(k):",
                """
                if k:
                    v = (v > 0.5).to(v.dtype)
                for _ in range(k):
                """,
            ),
        ],
    ),
    misconception(
        "chain_divided_by_the_data",
        hint="Data and chains may differ in number: by which number do you divide the chain's sum?",
        severity="slip",
        base="reference",
        edits=[edit("v_chain.T @ h_chain / len(v_chain)", "v_chain.T @ h_chain / len(v_data)")],
    ),
    misconception(
        "biases_summed_weight_averaged",
        hint="The ratio of two learning rates must not depend on the batch's size: which of your three are means?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "v_chain.mean(0) - v_data.mean(0), h_chain.mean(0) - h_data.mean(0)",
                "v_chain.sum(0) - v_data.sum(0), h_chain.sum(0) - h_data.sum(0)",
            )
        ],
    ),
    misconception(
        "product_of_the_means",
        hint="The mean of a product is not the product of the means: which one is your weight's gradient made of?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "grad_weight = v_chain.T @ h_chain / len(v_chain) - v_data.T @ h_data / len(v_data)",
                """
                chain = torch.outer(v_chain.mean(0), h_chain.mean(0))
                grad_weight = chain - torch.outer(v_data.mean(0), h_data.mean(0))
                """,
            )
        ],
    ),
    misconception(
        "hidden_units_drawn_once",
        hint="Each step draws both layers: how often do you draw the hidden units when k is 5?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                for _ in range(k):
                    h = torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias), generator=generator)
                """,
                """
                h = torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias), generator=generator)
                for _ in range(k):
                """,
            )
        ],
    ),
    misconception(
        "one_step_at_least",
        hint="With k = 0 the states come back as they were given: what does your loop do first?",
        severity="slip",
        base="reference",
        edits=[edit("for _ in range(k):", "for _ in range(max(k, 1)):")],
    ),
    misconception(
        "visible_units_by_the_global_generator",
        hint="A seed must repeat a run: do all draws come from the generator that was handed in?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "v = torch.bernoulli(torch.sigmoid(h @ weight.T + visible_bias), generator=generator)",
                "v = torch.bernoulli(torch.sigmoid(h @ weight.T + visible_bias))",
            )
        ],
    ),
    misconception(
        "one_table_for_both_layers",
        hint="Each unit of either layer has a draw of its own: do your two layers share their random numbers?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "h = torch.bernoulli(torch.sigmoid(v @ weight + hidden_bias), generator=generator)",
                """
                u = torch.rand(len(v), sum(weight.shape), generator=generator, dtype=v.dtype)
                h = (u[:, : weight.shape[1]] < torch.sigmoid(v @ weight + hidden_bias)).to(v.dtype)
                """,
            ),
            edit(
                "v = torch.bernoulli(torch.sigmoid(h @ weight.T + visible_bias), generator=generator)",
                "v = (u[:, : weight.shape[0]] < torch.sigmoid(h @ weight.T + visible_bias)).to(v.dtype)",
            ),
        ],
    ),
]
