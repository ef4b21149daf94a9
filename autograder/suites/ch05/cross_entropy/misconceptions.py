"""Wrong solutions of `cross_entropy` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

BASE = "mixed_losses"

MISCONCEPTIONS = [
    misconception(
        "bits",
        hint="The loss is in nats: which logarithm is that?",
        severity="serious",
        edits=[
            edit(
                "((1 - label_smoothing) * nll + label_smoothing * smooth).mean()",
                "((1 - label_smoothing) * nll + label_smoothing * smooth).mean() / torch.tensor(2.0).log()",
            )
        ],
    ),
    misconception(
        "exp_overflows",
        hint="What is exp(1000) in float32, and what could you subtract from a row without changing its softmax?",
        severity="slip",
        edits=[
            edit(
                "log_probs = logits - logits.logsumexp(1, keepdim=True)",
                "log_probs = logits - logits.exp().sum(1, keepdim=True).log()",
            )
        ],
    ),
    misconception(
        "log_of_softmax",
        hint="A softmax can round to 0: what is its logarithm then, and can you do without the softmax?",
        severity="slip",
        edits=[
            edit(
                "log_probs = logits - logits.logsumexp(1, keepdim=True)",
                "log_probs = logits.softmax(1).log()",
            )
        ],
    ),
    misconception(
        "maximum_of_the_batch",
        hint="Each row has a largest logit of its own: what happens to a row whose logits all lie far below the batch's largest?",
        severity="slip",
        edits=[
            edit(
                "log_probs = logits - logits.logsumexp(1, keepdim=True)",
                "log_probs = (logits - logits.max()) - (logits - logits.max()).exp().sum(1, keepdim=True).log()",
            )
        ],
    ),
    misconception(
        "mean_over_classes_too",
        hint="Only the true class's log-probability counts: by how many numbers do you divide?",
        severity="serious",
        edits=[
            after("def cross_entropy(logits, target, label_smoothing=0.0):", "    classes = logits.shape[1]"),
            edit(
                "((1 - label_smoothing) * nll + label_smoothing * smooth).mean()",
                "((1 - label_smoothing) * nll + label_smoothing * smooth).mean() / classes",
            ),
        ],
    ),
    misconception(
        "normalised_over_batch",
        hint="A softmax is over the classes of one image: which axis is that?",
        severity="serious",
        edits=[
            edit(
                "log_probs = logits - logits.logsumexp(1, keepdim=True)",
                "log_probs = logits - logits.logsumexp(0, keepdim=True)",
            )
        ],
    ),
    misconception(
        "probability_instead_of_logarithm",
        hint="Cross-entropy weighs logarithms: what does your loss measure of the true class's probability?",
        severity="serious",
        edits=[
            edit(
                "-log_probs[torch.arange(len(target)), target]",
                "1 - log_probs[torch.arange(len(target)), target].exp()",
            ),
            edit("smooth = -log_probs.mean(1)", "smooth = 1 - log_probs.exp().mean(1)"),
        ],
    ),
    misconception(
        "sign_forgotten",
        hint="The better the prediction, the smaller the loss: which sign has a log-probability?",
        severity="serious",
        edits=[
            edit(
                "nll = -log_probs[torch.arange(len(target)), target]",
                "nll = log_probs[torch.arange(len(target)), target]",
            ),
            edit("smooth = -log_probs.mean(1)", "smooth = log_probs.mean(1)"),
        ],
    ),
    misconception(
        "smoothing_ignored",
        hint="With label smoothing the target is no longer one class: where does it enter your loss?",
        severity="partial",
        edits=[
            edit(
                """
                smooth = -log_probs.mean(1)
                return ((1 - label_smoothing) * nll + label_smoothing * smooth).mean()
                """,
                "return nll.mean()",
            ),
        ],
    ),
    misconception(
        "smoothing_over_other_classes",
        hint="The smoothed share is spread over all K classes: does the true one get its part?",
        severity="slip",
        edits=[
            after("def cross_entropy(logits, target, label_smoothing=0.0):", "    classes = logits.shape[1]"),
            edit("smooth = -log_probs.mean(1)", "smooth = (-log_probs.sum(1) - nll) / max(classes - 1, 1)"),
        ],
    ),
    misconception(
        "smoothing_sums_over_classes",
        hint="A target distribution sums to 1: how much does each of K classes get of the smoothed share?",
        severity="slip",
        edits=[edit("smooth = -log_probs.mean(1)", "smooth = -log_probs.sum(1)")],
    ),
    misconception(
        "softmax_clamped",
        hint="A clamp hides the infinity, but is the loss of a confident mistake still right, and its gradient?",
        severity="slip",
        edits=[
            edit(
                "log_probs = logits - logits.logsumexp(1, keepdim=True)",
                "log_probs = logits.softmax(1).clamp(min=1e-7).log()",
            )
        ],
    ),
    misconception(
        "one_loss_per_image",
        hint="A step of training follows one number: how many losses come out of your function for a batch?",
        severity="serious",
        edits=[
            edit(
                "((1 - label_smoothing) * nll + label_smoothing * smooth).mean()",
                "((1 - label_smoothing) * nll + label_smoothing * smooth)",
            )
        ],
    ),
    misconception(
        "summed_over_batch",
        hint="Should the loss of a batch twice as large be twice as large?",
        severity="serious",
        edits=[
            edit(
                "((1 - label_smoothing) * nll + label_smoothing * smooth).mean",
                "((1 - label_smoothing) * nll + label_smoothing * smooth).sum",
            )
        ],
    ),
    misconception(
        "true_class_keeps_all",
        hint="If the smoothed share is given to all classes, who gives it up?",
        severity="slip",
        edits=[edit("(1 - label_smoothing) * nll", "nll")],
    ),
    misconception(
        "normaliser_detached",
        hint="The log-sum-exp depends on the logits too: does your gradient know of it?",
        severity="slip",
        edits=[edit("logits.logsumexp(1, keepdim=True)", "logits.logsumexp(1, keepdim=True).detach()")],
    ),
    misconception(
        "shifted_only_when_large",
        hint="Logits may lie far below zero, all of them: to what do their exponentials round then?",
        severity="slip",
        edits=[
            edit(
                "log_probs = logits - logits.logsumexp(1, keepdim=True)",
                """
                if logits.max() > 50:
                    logits = logits - logits.amax(1, keepdim=True)
                log_probs = logits - logits.exp().sum(1, keepdim=True).log()
                """,
            )
        ],
    ),
]
