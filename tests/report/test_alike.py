"""Leads: renamed and reformatted copies are found, small tasks and what most wrote are not."""

from __future__ import annotations

import time

from autograder.report.alike import LEAST, lead_texts, leads, shingles, tokens

SKELETON = {
    "walk_solution": 'def walk(x, n):\n    """Take n steps from x."""\n    raise NotImplementedError\n',
    "small_solution": "def small(x):\n    raise NotImplementedError\n",
}
WALK = '''def walk(x, n):
    """Take n steps from x."""
    path = [x]
    for step in range(n):
        noise = torch.randn(x.shape, generator=rng) * 0.1
        drift = -path[-1] / (1.0 + step)
        path.append(path[-1] + drift + noise)
    return torch.stack(path[1:], dim=0).mean(dim=0)
'''
RENAMED = """def walk(x, n):
    # my own idea
    trail = [ x ]
    for k in range(n):
        eps = (torch.randn(x.shape,
                           generator=source) * 0.1)
        pull = -trail[-1] / (1.0 + k)
        trail.append(trail[-1] + pull + eps)
    return torch.stack(trail[1:], dim=0).mean(dim=0)
"""
OTHER = """def walk(x, n):
    total = torch.zeros_like(x)
    position = x.clone()
    k = 0
    while k < n:
        position = position * (1 - 1 / (1 + k)) + torch.normal(0.0, 0.1, size=x.shape)
        total += position
        k += 1
    return total / n
"""
SMALL = "def small(x):\n    return x.clamp(min=0)\n"


def test_a_copy_with_other_names_and_layout_is_a_lead() -> None:
    solutions = {
        "ada": {"walk_solution": WALK, "small_solution": SMALL},
        "bob": {"walk_solution": RENAMED, "small_solution": SMALL},
        "eve": {"walk_solution": OTHER, "small_solution": SMALL},
    }
    (lead,) = leads(solutions, SKELETON)
    assert lead.students == ("ada", "bob") and lead.shared >= LEAST
    ((exercise, part),) = lead.exercises
    assert exercise == "walk_solution" and part > 0.7, "the small task has one right answer, and says nothing"


def test_what_most_wrote_and_what_was_given_are_no_leads() -> None:
    crowd = {f"s{number}": {"walk_solution": WALK} for number in range(9)}
    assert leads(crowd, SKELETON) == [], "nine of nine wrote it: it is the course's"
    given = {"walk_solution": WALK}
    assert leads({"ada": given, "bob": {"walk_solution": RENAMED}}, {"walk_solution": WALK}) == []
    assert leads({}, SKELETON) == leads({"ada": given}, SKELETON) == []


def test_names_texts_and_comments_make_no_difference_but_apis_do() -> None:
    assert tokens('a = "x"  # why\n') == ["name", "=", "text"] == tokens("other   = 'y'")
    assert tokens("x.sum()") != tokens("x.mean()") and tokens("torch.exp") != tokens("math.exp")
    assert shingles(WALK) == shingles(WALK.replace('"""Take n steps from x."""', '"""Mine."""\n'))


def test_what_is_no_python_is_compared_all_the_same() -> None:
    broken = WALK.replace("return", "return (((")
    (lead,) = leads(
        {"ada": {"walk_solution": broken}, "bob": {"walk_solution": "%%time\n" + broken}}, SKELETON
    )
    assert lead.exercises[0][1] > 0.9
    for text in ("", "(", "'''", "\0", "if x:\n        a\n    b", "é = 1\n" * 3, "f'{x!r:{width}} y'"):
        shingles(text)


def test_a_thousand_students_take_seconds() -> None:
    """Each writes constants of their own, so that nearly every shingle is somebody's alone; two copied."""
    solutions = {
        f"s{number:04}": {"walk_solution": WALK.replace("0.1", f"0.{number}") + f"    # {number}\n" + OTHER}
        for number in range(1000)
    }
    solutions["s0007"] = solutions["s0900"]
    begun = time.process_time()
    found = leads(solutions, SKELETON)
    assert time.process_time() - begun < 20
    assert [lead.students for lead in found] == [] or found[0].students == ("s0007", "s0900")


def test_the_files_for_other_tools_hold_solution_cells_alone() -> None:
    texts = lead_texts({"ada": {"walk_solution": WALK, "own": "import os"}}, SKELETON)
    assert texts == {"ada": f"# walk_solution\n{WALK}"}
    compile(texts["ada"], "ada.py", "exec")
