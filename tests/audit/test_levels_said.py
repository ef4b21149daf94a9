"""The audit says which hidden tests have no level."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.audit.missing import missing

HEAD = "import pytest\npytestmark = pytest.mark.exercise('double')\n"
PLAIN = "@pytest.mark.level('plain')\ndef test_a(): pass\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (PLAIN, ""),
        ("level = pytest.mark.level\n@level('plain')\ndef test_a(): pass\n", ""),
        (HEAD.replace("exercise('double')", "level('plain')") + "def test_a(): pass\n", ""),
        (PLAIN + "@pytest.mark.weight(2)\ndef test_b(): pass\n", "double: test_b without a level"),
        (PLAIN + "def test_b(): pass\ndef test_c(): pass\n", "double: test_b and 1 more without a level"),
    ],
)
def test_a_test_without_a_level_is_named(tmp_path: Path, body: str, said: str) -> None:
    room = tmp_path / "double"
    room.mkdir()
    (room / "test_double.py").write_text(HEAD + body)
    assignment = SimpleNamespace(suite=tmp_path, exercises=(SimpleNamespace(id="double"),))
    plan: Any = SimpleNamespace(assignment=assignment, misconceptions=(), alternatives=())
    found = [sentence for sentence in missing(plan, tmp_path / "public.py") if "without a level" in sentence]
    assert len(found) == bool(said) and all(sentence.startswith(said) for sentence in found)
