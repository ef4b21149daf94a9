"""All a hidden suite needs to import; the fixtures `student` and `rng` and the markers come with the session.

Markers of a test:

- `exercise(id)` binds it to a grade cell; usually said once, for the file.
- `level(name)` says which understanding it shows: `runs`, `plain`, `options`, `invariants` (gradients too), `converges`
  or `contract`. Each level has a share of the exercise, stated in `autograder/grading/levels.py`; `shares(plain=50)`
  says otherwise for a file. A test of any level but `contract` is not failed by a change of its arguments in place or
  by another precision of the right values: the engine notices both, and one contract test of its own fails.
- `weight(n)` says how much it counts inside its level, 1 if not said; the cases of a parametrised test share it.
- `gate` ends the exercise where it fails: only for what leaves nothing to ask. It may have `weight(0)`: that something
  comes back earns nothing by itself.
- `timeout(seconds)` is the CPU time it may use. `mutates` allows the student to change arguments in place.

`echo` tells of draws that should be independent how much they repeat each other: `assert echo(noise) < MOST_ECHO`.
`filled`, `given_numbers`, `outputs_agree` and `gradients_agree` compare a student's network with the suite's own.
`misconception`, `edit` and `after` are for a suite's `misconceptions.py`.
"""

from __future__ import annotations

from autograder.grading.draws import MOST_ECHO, echo
from autograder.grading.edits import after, edit, misconception
from autograder.grading.twins import filled, given_numbers, gradients_agree, outputs_agree
from selfcheck.compare import Mismatch, assert_close, assert_raises, gradcheck
from selfcheck.errors import StudentError

__all__ = [
    "MOST_ECHO",
    "Mismatch",
    "StudentError",
    "after",
    "assert_close",
    "assert_raises",
    "echo",
    "edit",
    "filled",
    "given_numbers",
    "gradcheck",
    "gradients_agree",
    "misconception",
    "outputs_agree",
]
