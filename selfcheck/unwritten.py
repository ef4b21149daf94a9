"""What `pytest` in a student's folder says of functions that are not written yet: one line, and no traceback for each.

pytest calls these hooks where this module's names are a plugin's or a conftest.py's.
"""

from __future__ import annotations

import pytest

from selfcheck.errors import StudentError

UNWRITTEN = "not written yet"
"""The name of such a test's category, and of the property of its report that holds the exercise."""


def is_unwritten(error: BaseException | None) -> bool:
    """Tell whether a test failed only because what it asks for is still the skeleton."""
    return isinstance(error, StudentError) and error.is_a("NotImplementedError")


def pytest_report_teststatus(
    report: pytest.TestReport | pytest.CollectReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Count such a test apart; it makes the run fail all the same."""
    # pytest asks of a file that cannot be loaded too
    if isinstance(report, pytest.TestReport) and report.failed and UNWRITTEN in dict(report.user_properties):
        return UNWRITTEN, "n", ("NOT WRITTEN", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the exercises that wait for their student."""
    reports = terminalreporter.stats.get(UNWRITTEN, [])
    if reports:
        exercises = dict.fromkeys(str(dict(report.user_properties)[UNWRITTEN]) for report in reports)
        terminalreporter.line("")
        terminalreporter.line(f"{UNWRITTEN}: {', '.join(exercises)}", yellow=True)
