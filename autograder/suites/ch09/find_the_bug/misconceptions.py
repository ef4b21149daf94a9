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
    misconception(
        "first_query_alone_is_compared",
        hint="Every query has a row of the mask. Whose outputs do you compare?",
        severity="slip",
        edits=[
            edit(
                "before[blind], after[blind], atol=1e-3",
                "before[0, :1][blind[0, :1]], after[0, :1][blind[0, :1]], atol=1e-3",
            ),
        ],
    ),
    misconception(
        "second_query_alone_is_compared",
        hint="Every query has a row of the mask. Whose outputs do you compare?",
        severity="slip",
        edits=[
            edit(
                "before[blind], after[blind], atol=1e-3",
                "before[:, 1][blind[:, 1]], after[:, 1][blind[:, 1]], atol=1e-3",
            ),
        ],
    ),
    misconception(
        "last_key_alone_is_changed",
        hint="A mask may fail at any key. Which of them do you change?",
        severity="slip",
        edits=[
            edit("for place in range(k.shape[1]):", "for place in (k.shape[1] - 1,):"),
        ],
    ),
    misconception(
        "hidden_values_not_changed",
        hint="What is hidden has a key and a value. Do you change both?",
        severity="slip",
        edits=[
            edit("other_v[:, place] += 50", "other_v[:, place] += 0"),
        ],
    ),
    misconception(
        "hidden_keys_not_changed",
        hint="What is hidden has a key and a value. Do you change both?",
        severity="slip",
        edits=[
            edit("other_k[:, place] = -4 * k[:, place]", "other_k[:, place] = k[:, place]"),
        ],
    ),
    misconception(
        "change_too_small",
        hint="A mask that only damps lets a little through. By how much do you change what is hidden?",
        severity="slip",
        edits=[
            edit("other_k[:, place] = -4 * k[:, place]", "other_k[:, place] = k[:, place] + 0.01"),
            edit("other_v[:, place] += 50", "other_v[:, place] += 0.01"),
        ],
    ),
    misconception(
        "all_queries_are_compared",
        hint="Some queries may look at the key that you change. What happens to their outputs in a right attention?",
        severity="partial",
        edits=[
            edit("before[blind], after[blind], atol=1e-3", "before, after, atol=1e-3"),
        ],
    ),
    misconception(
        "mask_only_has_to_matter",
        hint="That a mask changes something does not say that it hides something. Do you change what is hidden?",
        severity="slip",
        edits=[
            edit(
                "q, k, v, mask = random_problem(2)",
                """
                q, k, v, mask = random_problem(2)
                return not torch.allclose(attend(q, k, v, mask), attend(q, k, v, torch.ones_like(mask)))
                """,
            ),
        ],
    ),
    misconception(
        "constants_within_bounds",
        hint="A row of weights that sums to 0.8 stays within the bounds of values of both signs. What must an output be where all values are the same?",
        severity="slip",
        edits=[
            edit(
                "answer = attend(q, k, torch.full_like(v, 3.0), opening)", "answer = attend(q, k, v, opening)"
            ),
            edit(
                "if not torch.allclose(answer, torch.tensor(3.0), atol=1e-3):",
                "if answer.amax() > v.amax() + 1e-3 or answer.amin() < v.amin() - 1e-3:",
            ),
        ],
    ),
    misconception(
        "constants_compared_with_each_other",
        hint="All outputs can be the same and wrong. With which number do you compare them?",
        severity="slip",
        edits=[
            edit(
                "torch.allclose(answer, torch.tensor(3.0), atol=1e-3)",
                "torch.allclose(answer, answer[:1, :1].expand_as(answer), atol=1e-3)",
            ),
        ],
    ),
    misconception(
        "a_tenth_lets_pass",
        hint="Rows that sum to 0.95 are wrong. How far from the constant may your outputs be?",
        severity="slip",
        edits=[
            edit(
                "torch.allclose(answer, torch.tensor(3.0), atol=1e-3)",
                "torch.allclose(answer, torch.tensor(3.0), rtol=0.1)",
            ),
        ],
    ),
    misconception(
        "order_without_a_mask",
        hint="Places may count only where something is hidden. Do you permute under a mask too?",
        severity="slip",
        edits=[
            edit(
                "q, k, v, mask = random_problem(3)",
                """
                q, k, v, mask = random_problem(3)
                mask = torch.ones_like(mask)
                """,
            ),
        ],
    ),
    misconception(
        "first_two_keys_swapped",
        hint="A fault may sit at any place. Which keys change theirs in your probe?",
        severity="slip",
        edits=[
            edit("torch.tensor([6, 2, 0, 5, 3, 1, 4])", "torch.tensor([1, 0, 2, 3, 4, 5, 6])"),
        ],
    ),
    misconception(
        "queries_permuted",
        hint="Every attention answers permuted queries with permuted outputs. What is to be permuted here?",
        severity="slip",
        edits=[
            edit(
                "after = attend(q, k[:, order], v[:, order], opening[:, :, order])",
                """
                order = torch.tensor([3, 1, 4, 0, 2])
                before, after = before[:, order], attend(q[:, order], k, v, opening[:, order])
                """,
            ),
        ],
    ),
    misconception(
        "scale_at_one_width",
        hint="A fixed number can be right for one width. How many do you try?",
        severity="slip",
        edits=[
            edit("for width in (1, 4, 25):", "for width in (4,):"),
        ],
    ),
    misconception(
        "scale_of_narrow_queries_alone",
        hint="A fault may show for wide queries alone. Which is your largest width?",
        severity="slip",
        edits=[
            edit("for width in (1, 4, 25):", "for width in (1, 4, 9):"),
        ],
    ),
    misconception(
        "scale_not_saturated",
        hint="Weights that are not all on one key may still be too level. Which weights must come out, exactly?",
        severity="slip",
        edits=[
            edit(
                "for width in (1, 4, 25):",
                """
                for width in (64, 1024):
                    q, k = random_problem(0, 50, 32, width)[:2]
                    weights = attend(q, k, torch.eye(32).expand(2, -1, -1), torch.ones(2, 50, 32, dtype=torch.bool))
                    if not bool(weights.amax(dim=2).median() < 0.5):
                        return False
                for width in ():
                """,
            ),
        ],
    ),
    misconception(
        "scale_compared_with_a_mask",
        hint="An attention whose mask alone is wrong divides by the root. Does your probe of the scale hide something?",
        severity="slip",
        edits=[
            edit(
                "for width in (1, 4, 25):",
                """
                for width in (1, 4, 25, 64):
                    q, k, v, mask = random_problem(0, d=width)
                    if not torch.allclose(attend(q, k, v, mask), F.scaled_dot_product_attention(q, k, v, attn_mask=mask), atol=1e-2):
                        return False
                for width in ():
                """,
            ),
        ],
    ),
    misconception(
        "nan_has_the_property",
        hint="A comparison with NaN is False. What does your probe say of an answer that is NaN?",
        severity="slip",
        edits=[
            edit(
                "if not torch.allclose(answer, torch.tensor(3.0), atol=1e-3):",
                "if ((answer - 3.0).abs() > 1e-3).any():",
            ),
        ],
    ),
    misconception(
        "order_by_rotations_alone",
        hint="A rotation keeps who stands beside whom. Is every permutation of the keys a rotation?",
        severity="slip",
        edits=[
            edit(
                "order = torch.tensor([6, 2, 0, 5, 3, 1, 4])",
                "order = torch.arange(7).roll(2)",
            ),
        ],
    ),
    misconception(
        "order_by_neighbours_in_the_middle",
        hint="Which keys stay where they are when you exchange two in the middle? May the fault be there?",
        severity="slip",
        edits=[
            edit(
                "order = torch.tensor([6, 2, 0, 5, 3, 1, 4])",
                "order = torch.tensor([0, 1, 3, 2, 4, 5, 6])",
            ),
        ],
    ),
]
