"""Wrong solutions of `find_the_bug` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "always_satisfied",
        hint="Does your probe ever say False?",
        severity="serious",
        cell="""
        def keeps_constants(attend):
            return True


        def obeys_the_mask(attend):
            return True


        def ignores_the_order(attend):
            return True


        def scales_by_the_root(attend):
            return True
        """,
    ),
    misconception(
        "compared_exactly",
        hint="Two ways to add the same numbers differ by rounding: how near must two outputs be?",
        severity="serious",
        edits=[
            edit("answer, torch.tensor(3.0), atol=1e-3", "answer, torch.tensor(3.0), rtol=0, atol=0"),
            edit("before[blind], after[blind], atol=1e-3", "before[blind], after[blind], rtol=0, atol=0"),
            edit("before, after, atol=1e-3", "before, after, rtol=0, atol=0"),
            edit("answer, torch.tensor(3.0), atol=1e-2", "answer, torch.tensor(3.0), rtol=0, atol=0"),
        ],
    ),
    misconception(
        "mask_all_true",
        hint="A mask that hides nothing cannot be disobeyed: does your probe hide something?",
        severity="partial",
        edits=[
            edit(
                "q, k, v, mask = random_problem(2)",
                """
                q, k, v, mask = random_problem(2)
                mask = torch.ones_like(mask)
                """,
            ),
        ],
    ),
    misconception(
        "constants_without_a_mask",
        hint="With everything open rows may sum to 1: do they with a mask?",
        severity="slip",
        edits=[
            edit(
                "q, k, v, mask = random_problem(seed)",
                """
                q, k, v, mask = random_problem(seed)
                mask = torch.ones_like(mask)
                """,
            ),
        ],
    ),
    misconception(
        "values_not_permuted",
        hint="When the keys change places, what must their values do?",
        severity="partial",
        edits=[
            edit("k[:, order], v[:, order], opening[:, :, order]", "k[:, order], v, opening[:, :, order]")
        ],
    ),
    misconception(
        "mask_not_permuted",
        hint="When the keys change places, what must the columns of the mask do?",
        severity="partial",
        edits=[edit("v[:, order], opening[:, :, order]", "v[:, order], opening")],
    ),
    misconception(
        "scale_at_width_one",
        hint="For which widths is dividing by D, by its root and by 1 the same?",
        severity="slip",
        edits=[edit("for width in (1, 4, 25):", "for width in (1,):")],
    ),
    misconception(
        "expects_division_by_the_width",
        hint="By what are the scores of a right attention divided?",
        severity="partial",
        edits=[edit("width**0.5 * math.log(3)", "width * math.log(3)")],
    ),
    misconception(
        "queries_that_may_look_are_compared",
        hint="Whose outputs may change when a key changes, and whose may not?",
        severity="partial",
        edits=[edit("blind = ~mask[:, :, place]", "blind = mask[:, :, place]")],
    ),
]
