"""Wrong solutions of `dropout` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "mask_of_numbers"

MISCONCEPTIONS = [
    misconception(
        "active_in_evaluation",
        hint="A finished model should answer the same question the same way: what does dropout do in evaluation?",
        severity="partial",
        edits=[edit("if not self.training or self.p == 0:", "if self.p == 0:")],
    ),
    misconception(
        "all_dropped_divides_by_zero",
        hint="What does 0 divided by 0 give when p is 1?",
        severity="slip",
        edits=[
            edit("if self.p == 1:", ""),
            edit("return torch.zeros_like(x)", ""),
        ],
    ),
    misconception(
        "any_p_accepted",
        hint="What should happen when p is no probability?",
        severity="slip",
        edits=[
            edit(
                """
                if not 0 <= p <= 1:
                    raise ValueError("p must be a probability")
                """,
                "p = min(max(p, 0), 1)",
            ),
        ],
    ),
    misconception(
        "divided_by_p",
        hint="The kept values make up for the dropped ones: which share of the values is kept?",
        severity="partial",
        edits=[edit("return x * keep / (1 - self.p)", "return x * keep / self.p")],
    ),
    misconception(
        "exact_number_dropped",
        hint="Each value is dropped or kept by a coin of its own: must the number of heads be the same every time?",
        severity="slip",
        edits=[
            edit(
                "keep = (torch.rand(x.shape) >= self.p).to(x.dtype)",
                """
                order = torch.randperm(x.numel()).reshape(x.shape)
                keep = (order >= round(self.p * x.numel())).to(x.dtype)
                """,
            ),
        ],
    ),
    misconception(
        "generator_of_fixed_seed",
        hint="Two layers with a generator of the same fixed seed each: which masks do they draw?",
        severity="slip",
        edits=[
            after("self.p = p", "self.generator = torch.Generator().manual_seed(0)"),
            edit("torch.rand(x.shape)", "torch.rand(x.shape, generator=self.generator)"),
        ],
    ),
    misconception(
        "mask_drawn_once",
        hint="How often is the mask drawn: once for the layer, or at each call?",
        severity="partial",
        edits=[
            edit(
                """
                keep = (torch.rand(x.shape) >= self.p).to(x.dtype)
                return x * keep / (1 - self.p)
                """,
                """
                if getattr(self, "keep", None) is None or self.keep.shape != x.shape:
                    self.keep = (torch.rand(x.shape) >= self.p).to(x.dtype)
                return x * self.keep / (1 - self.p)
                """,
            ),
        ],
    ),
    misconception(
        "mask_hidden_from_gradient",
        hint="If a value was dropped, did it have any effect on the loss? What then is its gradient?",
        severity="slip",
        edits=[edit("return x * keep / (1 - self.p)", "return x + (x * keep / (1 - self.p) - x).detach()")],
    ),
    misconception(
        "not_rescaled",
        hint="If half of the values vanish, what happens to the mean that the next layer sees?",
        severity="partial",
        edits=[edit("return x * keep / (1 - self.p)", "return x * keep")],
    ),
    misconception(
        "one_mask_for_the_batch",
        hint="Is the same value dropped in every image of the batch, or does each image have a mask of its own?",
        severity="slip",
        edits=[
            edit(
                "(torch.rand(x.shape) >= self.p).to", "(torch.rand(x.shape[1:]).expand(x.shape) >= self.p).to"
            )
        ],
    ),
    misconception(
        "p_is_keep_probability",
        hint="Is p the probability that a value is zeroed, or that it is kept?",
        severity="partial",
        edits=[
            edit("(torch.rand(x.shape) >= self.p).to", "(torch.rand(x.shape) < self.p).to"),
            edit("return x * keep / (1 - self.p)", "return x * keep / self.p"),
        ],
    ),
    misconception(
        "rescaled_in_evaluation",
        hint="Inverted dropout scales at one time only: in training, or in evaluation?",
        severity="partial",
        edits=[
            edit(
                """
                if not self.training or self.p == 0:
                    return x
                """,
                """
                if not self.training:
                    return x * (1 - self.p)
                """,
            ),
            edit("return x * keep / (1 - self.p)", "return x * keep"),
        ],
    ),
    misconception(
        "whole_channels",
        hint="Does dropout zero whole feature maps here, or single values?",
        severity="slip",
        edits=[
            edit(
                "keep = (torch.rand(x.shape) >= self.p).to(x.dtype)",
                """
                shape = x.shape[:2] + (1,) * (x.dim() - 2)
                keep = (torch.rand(shape) >= self.p).to(x.dtype)
                """,
            ),
        ],
    ),
    misconception(
        "mask_in_float32",
        hint="A mask of float32 times an input of half precision: which dtype has the product?",
        severity="slip",
        edits=[
            edit(
                "(torch.rand(x.shape) >= self.p).to(x.dtype)",
                "(torch.rand(x.shape) >= self.p).float()",
            ),
        ],
    ),
    misconception(
        "one_refused",
        hint="p may lie in [0, 1], both ends included: what happens at 1?",
        severity="slip",
        edits=[
            edit(
                "if not 0 <= p <= 1:",
                "if not 0 <= p < 1:",
            ),
        ],
    ),
    misconception(
        "old_mask_without_autograd",
        hint="A new mask is drawn at each call: at one under no_grad, too?",
        severity="slip",
        edits=[
            edit(
                """
                keep = (torch.rand(x.shape) >= self.p).to(x.dtype)
                return x * keep / (1 - self.p)
                """,
                """
                kept = getattr(self, "keep", None)
                if torch.is_grad_enabled() or kept is None or kept.shape != x.shape:
                    self.keep = (torch.rand(x.shape) >= self.p).to(x.dtype)
                return x * self.keep / (1 - self.p)
                """,
            ),
        ],
    ),
    misconception(
        "mask_of_the_latest_call",
        hint="A layer may be called twice before the gradient comes back: which of the two masks is there by then?",
        severity="slip",
        base="own_gradient",
        edits=[
            edit("ctx.scale = keep / max(1 - p, 1e-12)", "Mask.scale = keep / max(1 - p, 1e-12)"),
            edit("return x * ctx.scale", "return x * Mask.scale"),
            edit("return grad * ctx.scale, None", "return grad * Mask.scale, None"),
        ],
    ),
]
