"""A configuration that cannot be loaded stops nbgrader: its defaults would run student code without a jail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

CONFIG = Path(__file__).parents[2] / "nbgrader_config.py"


def test_a_configuration_that_fails_stops_nbgrader(tmp_path: Path) -> None:
    """nbgrader would log the failure and grade with its own executor; it must not start at all."""
    shutil.copy(CONFIG, tmp_path)
    broken = tmp_path / "autograder"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('not here')\n")
    command = [sys.executable, "-m", "nbgrader", "autograde", "toy"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ended.returncode != 0
    assert "without the jail" in ended.stderr
    assert "not here" in ended.stderr
