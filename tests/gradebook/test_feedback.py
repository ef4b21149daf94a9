"""What a student reads under a grade cell."""

from __future__ import annotations

import re

from autograder.gradebook.feedback import MAX_TEXT, exercise_text
from autograder.grading.result import ExerciseResult, TestResult, Verdict

HINT = "Does your kernel slide as it is?"


def case(statement: str, passed: bool, message: str = "", hint: str = "", ran: bool = True) -> TestResult:
    verdict = Verdict.PASSED if passed else Verdict.FAILED
    return TestResult(
        name="t", statement=statement, weight=1, verdict=verdict, message=message, hint=hint, ran=ran
    )


def text(*tests: TestResult, share: float = 0.28928) -> str:
    exercise = ExerciseResult(id="conv2d", points=12, share=share, verdict=Verdict.FAILED, tests=tests)
    return re.sub(r"\x1b\[\d+m", "", exercise_text(exercise))


def test_cases_of_one_property_share_a_line_and_a_hint_is_said_once():
    shown = text(
        case("It runs.", True),
        case("The stride.", False, "off by 2", HINT),
        case("The stride.", True),
        case("The stride.", False, "off by 3", HINT),
        case("The padding.", False, "off by 4", HINT),
    )
    assert shown == (
        "conv2d: 3.47 of 12 points (passed in part)\n"
        "  ✓ It runs.\n"
        "  ✗ The stride. (2 of 3 cases)\n"
        "      off by 2\n"
        f"      hint {HINT}\n"
        "  ✗ The padding.\n"
        "      off by 4\n"
    )


def test_what_was_not_tried_stands_under_one_heading():
    shown = text(
        case("It runs.", False, "raised"),
        *[case("The stride.", False, ran=False)] * 3,
        case("Groups.", False, ran=False),
        share=0.0,
    )
    assert shown.splitlines() == [
        "conv2d: 0 of 12 points (failed)",
        "  ✗ It runs.",
        "      raised",
        "  not tried, since an earlier step has to pass first:",
        "  - The stride.",
        "  - Groups.",
    ]


def test_where_nothing_was_tried_no_step_is_blamed():
    shown = text(case("It runs.", False, ran=False), case("The stride.", False, ran=False), share=0.0)
    assert shown.splitlines()[1:] == ["  not tried:", "  - It runs.", "  - The stride."]


def test_control_characters_and_length_are_bounded():
    shown = exercise_text(
        ExerciseResult(
            id="a",
            points=1,
            share=0.0,
            verdict=Verdict.FAILED,
            tests=tuple(case(f"s{i}", False, "x\x1b[2J" * 900) for i in range(20)),
        )
    )
    assert "\x1b[2J" not in shown and len(shown) < MAX_TEXT + 100 and shown.endswith("... the rest is cut\n")


def test_levels_have_a_heading_with_their_points_in_the_order_of_the_ladder():
    tests = [
        TestResult(name="a", statement="It adds.", level="plain", weight=0.5, verdict=Verdict.PASSED),
        TestResult(
            name="b", statement="A text is refused.", level="contract", weight=0.1, verdict=Verdict.FAILED
        ),
        TestResult(name="c", statement="It runs.", level="runs", weight=0.2, verdict=Verdict.PASSED),
        TestResult(name="d", statement="It subtracts.", level="plain", weight=0.2, verdict=Verdict.FAILED),
    ]
    assert text(*tests, share=0.7).splitlines()[1:] == [
        "  it runs (2.4 of 2.4)",
        "  ✓ It runs.",
        "  the plain case (6 of 8.4)",
        "  ✓ It adds.",
        "  ✗ It subtracts.",
        "  types, arguments and errors (0 of 1.2)",
        "  ✗ A text is refused.",
    ]
