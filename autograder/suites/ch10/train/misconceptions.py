"""Wrong solutions of `train` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "all_is_decayed",
        hint="Does a bias multiply anything, and should it be made smaller?",
        severity="slip",
        edits=[
            edit('"weight_decay": 0.0}', '"weight_decay": decay}'),
        ],
    ),
    misconception(
        "nothing_is_decayed",
        hint="Which parameters does the weight decay act on?",
        severity="slip",
        edits=[
            edit('"weight_decay": decay}', '"weight_decay": 0.0}'),
        ],
    ),
    misconception(
        "decay_in_the_gradient",
        hint="What does the W in AdamW stand for, and what does Adam do with its weight decay?",
        severity="slip",
        edits=[
            edit("torch.optim.AdamW(", "torch.optim.Adam("),
        ],
    ),
    misconception(
        "not_clipped",
        hint="How long may a step be when a gradient is huge?",
        severity="slip",
        edits=[
            edit("nn.utils.clip_grad_norm_(trained, max_norm)", ""),
        ],
    ),
    misconception(
        "clipped_one_by_one",
        hint="Is it the norm of each tensor that is limited, or that of all together?",
        severity="slip",
        edits=[
            edit(
                "nn.utils.clip_grad_norm_(trained, max_norm)",
                "for p in trained:\n    nn.utils.clip_grad_norm_([p], max_norm)",
            ),
        ],
    ),
    misconception(
        "clipped_by_value",
        hint="Clipping by norm keeps the direction: does clipping each number?",
        severity="slip",
        edits=[
            edit(
                "nn.utils.clip_grad_norm_(trained, max_norm)", "nn.utils.clip_grad_value_(trained, max_norm)"
            ),
        ],
    ),
    misconception(
        "clipped_too_late",
        hint="Which gradient does the step use: the one before the clipping, or after?",
        severity="slip",
        edits=[
            edit(
                "nn.utils.clip_grad_norm_(trained, max_norm)\noptimizer.step()",
                "optimizer.step()\nnn.utils.clip_grad_norm_(trained, max_norm)",
            ),
        ],
    ),
    misconception(
        "gradients_add_up",
        hint="What lies in the gradients when the second batch comes?",
        severity="serious",
        edits=[
            edit("optimizer.zero_grad()", ""),
        ],
    ),
    misconception(
        "first_gradient_not_cleared",
        hint="What may lie in the gradients before the first batch?",
        severity="slip",
        edits=[
            edit("optimizer.zero_grad()", ""),
            edit("optimizer.step()", "optimizer.step()\noptimizer.zero_grad()"),
        ],
    ),
    misconception(
        "rate_from_one",
        hint="Which number has the first step?",
        severity="slip",
        edits=[
            edit("lr = rate(step)", "lr = rate(step + 1)"),
        ],
    ),
    misconception(
        "rate_not_used",
        hint="Which rate does the optimiser use in step 3?",
        severity="slip",
        edits=[
            edit('group["lr"] = lr', 'group["lr"] = group["lr"] if step else lr'),
        ],
    ),
    misconception(
        "rate_one_step_late",
        hint="Is the rate set before the step that it is for?",
        severity="slip",
        edits=[
            edit('lr = rate(step)\nfor group in optimizer.param_groups:\n    group["lr"] = lr', ""),
            edit(
                'optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=1.0, betas=(0.9, 0.95))',
                'optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=rate(0), betas=(0.9, 0.95))',
            ),
            edit(
                "losses.append(loss.item())",
                'losses.append(loss.item())\nfor group in optimizer.param_groups:\n    group["lr"] = rate(step)',
            ),
        ],
    ),
    misconception(
        "loss_after_the_step",
        hint="Is the loss that you return that of before the step, or of after it?",
        severity="slip",
        edits=[
            edit("losses.append(loss.item())", "losses.append(loss_of(model, batch).item())"),
        ],
    ),
    misconception(
        "evaluation_mode",
        hint="In which mode is the model while it trains, if it came in evaluation mode?",
        severity="slip",
        edits=[
            edit("model.train()", ""),
        ],
    ),
    misconception(
        "betas_as_made",
        hint="Which betas has AdamW if you give it none, and which are asked for?",
        severity="partial",
        edits=[
            edit(", betas=(0.9, 0.95))", ")"),
        ],
    ),
    misconception(
        "max_norm_fixed",
        hint="Which norm do you clip to when another one is asked for?",
        severity="slip",
        edits=[
            edit("clip_grad_norm_(trained, max_norm)", "clip_grad_norm_(trained, 1.0)"),
        ],
    ),
    misconception(
        "plain_gradient_descent",
        hint="Which optimiser is asked for?",
        severity="serious",
        edits=[
            edit(
                'torch.optim.AdamW([g for g in groups if g["params"]], lr=1.0, betas=(0.9, 0.95))',
                'torch.optim.SGD([g for g in groups if g["params"]], lr=1.0)',
            ),
        ],
    ),
    misconception(
        "never_steps",
        hint="Which line changes the weights?",
        severity="serious",
        edits=[
            edit("optimizer.step()", ""),
        ],
    ),
    misconception(
        "frozen_are_woken",
        hint="Which parameters must stay as they are?",
        severity="slip",
        edits=[
            edit(
                "trained = [p for p in model.parameters() if p.requires_grad]",
                "trained = [p.requires_grad_() for p in model.parameters()]",
            ),
        ],
    ),
    misconception(
        "biases_alone_decayed",
        hint="Are matrices decayed or biases?",
        severity="slip",
        edits=[
            edit("if p.dim() >= 2]", "if p.dim() < 2 and True]"),
            edit(
                '[p for p in trained if p.dim() < 2], "weight',
                '[p for p in trained if p.dim() >= 2], "weight',
            ),
        ],
    ),
    misconception(
        "clipped_by_group",
        hint="Is the norm that is limited that of one group, or of all parameters together?",
        severity="slip",
        edits=[
            edit(
                "nn.utils.clip_grad_norm_(trained, max_norm)",
                'for group in optimizer.param_groups:\n    nn.utils.clip_grad_norm_(group["params"], max_norm)',
            ),
        ],
    ),
    misconception(
        "linear_layers_alone_decayed",
        hint="Which parameters with two axes are in no nn.Linear?",
        severity="slip",
        edits=[
            edit(
                "groups = [",
                "linear = {id(m.weight) for m in model.modules() if isinstance(m, nn.Linear)}\ngroups = [",
            ),
            edit("if p.dim() >= 2]", "if id(p) in linear]"),
            edit("if p.dim() < 2]", "if id(p) not in linear]"),
        ],
    ),
    misconception(
        "optimizer_of_each_step",
        hint="What does your optimiser remember from step to step?",
        severity="serious",
        edits=[
            edit(
                "lr = rate(step)",
                'lr = rate(step)\noptimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=1.0, betas=(0.9, 0.95))',
            ),
        ],
    ),
    misconception(
        "rate_asked_for_each_group",
        hint="How often is the rate asked for in one step?",
        severity="slip",
        edits=[
            edit("lr = rate(step)\n", ""),
            edit('group["lr"] = lr', 'group["lr"] = rate(step)'),
        ],
    ),
    misconception(
        "rate_by_a_scheduler",
        hint="At which steps does a scheduler ask for the rate when it is made, and after the last step?",
        severity="slip",
        edits=[
            edit('lr = rate(step)\nfor group in optimizer.param_groups:\n    group["lr"] = lr', ""),
            edit(
                "losses = []", "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)\nlosses = []"
            ),
            edit("optimizer.step()", "optimizer.step()\nscheduler.step()"),
        ],
    ),
    misconception(
        "decayed_by_name",
        hint="What is called bias or norm has one axis here. Which parameters with one axis have another name?",
        severity="slip",
        edits=[
            edit(
                "trained = [p for p in model.parameters() if p.requires_grad]",
                "named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]\ntrained = [p for _, p in named]",
            ),
            edit(
                "[p for p in trained if p.dim() >= 2]",
                '[p for n, p in named if "bias" not in n and "norm" not in n]',
            ),
            edit(
                "[p for p in trained if p.dim() < 2]", '[p for n, p in named if "bias" in n or "norm" in n]'
            ),
        ],
    ),
    misconception(
        "two_axes_exactly",
        hint="Two axes or more: how many has the kernel of a convolution?",
        severity="slip",
        edits=[
            edit("if p.dim() >= 2]", "if p.dim() == 2]"),
            edit("if p.dim() < 2]", "if p.dim() != 2]"),
        ],
    ),
    misconception(
        "tables_not_decayed",
        hint="How many axes has the table of an embedding?",
        severity="slip",
        edits=[
            edit(
                "groups = [",
                "tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}\ngroups = [",
            ),
            edit("if p.dim() >= 2]", "if p.dim() >= 2 and id(p) not in tables]"),
            edit("if p.dim() < 2]", "if p.dim() < 2 or id(p) in tables]"),
        ],
    ),
    misconception(
        "losses_averaged",
        hint="Each number is the loss of one batch. Of how many batches is your last one?",
        severity="slip",
        edits=[
            edit(
                "losses.append(loss.item())",
                "losses.append((step * losses[-1] + loss.item()) / (step + 1) if losses else loss.item())",
            ),
        ],
    ),
]
