"""Proof is kept: what is recorded is not run again, what changed is, and a record that lies is found out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograder.audit import hint_records, ledger, reads
from autograder.audit.facts import Facts
from autograder.audit.hints import HintFigures
from autograder.audit.ledger import Ledger
from autograder.course import CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.diagnosis import Diagnosis
from tests.audit.conftest import MISCONCEPTIONS, Auditing, Table, write_misconceptions

TRIALS = 3 * 4 + 3 + 5 * 2 + 4
"""At four seeds: the reference and the skeleton of three exercises, five misconceptions at two, one alternative."""


def lines(folder: Path, exercise: str) -> list[dict[str, object]]:
    text = (folder / "suite/toy" / exercise / "ledger.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_what_is_recorded_is_not_run_again(audited: Auditing, table: Table) -> None:
    first = audited()
    assert (first.tally.held, first.tally.ran) == (0, TRIALS) and not first.verdicts.defects
    second = audited()
    assert (second.tally.held, second.tally.ran) == (TRIALS, 0) and not table.graded
    assert second.verdicts == first.verdicts
    assert audited(again=True).tally.ran == TRIALS


def test_a_ledger_reads_as_a_report(audited: Auditing, tmp_path: Path) -> None:
    """A line for each thing tried, equal outcomes of several seeds together, in a fixed order."""
    audited()
    told = [(line["trial"], line["seeds"], line["share"]) for line in lines(tmp_path, "double")]
    assert told == [
        ("reference", "0-3", 1.0),
        ("skeleton", "0", 0.0),
        ("misconception detached", "0-1", 0.4),
        ("misconception halved", "0-1", 0.4),
        ("alternative added", "0-3", 1.0),
    ]


def test_more_seeds_run_only_those_that_are_new(audited: Auditing, table: Table, tmp_path: Path) -> None:
    audited(seeds=2)
    more = audited(seeds=5)
    assert more.tally.ran == 3 * 3 + 3 and {seed for _, seed in table.graded} == {2, 3, 4}
    assert audited(seeds=1).tally.ran == 0
    assert lines(tmp_path, "stats")[0]["seeds"] == "0-4", "fewer seeds strike nothing out"


def test_a_changed_hidden_test_runs_its_exercise_again(
    audited: Auditing, table: Table, tmp_path: Path
) -> None:
    audited()
    replace(tmp_path / "suite/toy/stats/test_stats.py", "rng.randn(5)", "rng.randn(6)")
    again = audited()
    assert {exercise for exercise, _ in table.graded} == {"stats"}
    assert again.tally.ran == 4 + 1 + 2 * 2


def test_a_changed_reference_runs_its_exercise_again(audited: Auditing, table: Table, tmp_path: Path) -> None:
    audited()
    notebook = tmp_path / "source/toy/toy.ipynb"
    cells = json.loads(notebook.read_text())
    by_id = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in cells["cells"]}
    by_id["double_solution"]["source"] += "\n# another form"
    notebook.write_text(json.dumps(cells))
    assert audited().tally.ran == 4 + 2 * 2, "not its alternatives, which replace the cell"
    assert {exercise for exercise, _ in table.graded} == {"double"}


def test_an_exercise_that_uses_another_is_run_again_with_it(
    audited: Auditing, table: Table, tmp_path: Path
) -> None:
    """A solution that names what another exercise defines reads that one's cell too."""
    notebook = tmp_path / "source/toy/toy.ipynb"
    cells = json.loads(notebook.read_text())
    by_id = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in cells["cells"]}
    by_id["stats_solution"]["source"] += "\ndef twice(x): return double(x)"
    by_id["stats_solution"]["source"] = by_id["stats_solution"]["source"].replace(
        "x.mean()", "double(x).mean() / 2"
    )
    notebook.write_text(json.dumps(cells))
    first = audited()
    assert first.verdicts.counts["beside"] == [3, 3], "the variants of `double`, seen by `stats` alone"
    by_id["double_solution"]["source"] += "\n# another form"
    notebook.write_text(json.dumps(cells))
    audited()
    assert {exercise for exercise, _ in table.graded} == {"double", "stats"}


def test_a_hints_wording_and_a_severity_run_nothing_again(audited: Auditing, tmp_path: Path) -> None:
    """They are judged whenever they are read."""
    audited()
    path = tmp_path / "suite/toy/double/misconceptions.py"
    replace(path, "Doubling makes it larger.", "Is it larger?")
    path.write_text(path.read_text().replace("serious", "slip"))
    again = audited()
    assert again.tally.ran == 0
    told = "double: misconception halved: keeps 40% of its points; a slip one keeps 60% to 95%"
    assert told in again.verdicts.defects


def test_a_new_misconception_runs_its_siblings_again(audited: Auditing, table: Table, tmp_path: Path) -> None:
    """They could be taken for the new one."""
    audited()
    more = {"double/tripled": '"""Twice, not three times."""\ndef double(x): return x * 3\n'}
    write_misconceptions(tmp_path / "suite/toy", {**MISCONCEPTIONS, **more})
    again = audited()
    assert again.tally.ran == 3 * 2 and {exercise for exercise, _ in table.graded} == {"double"}


def test_an_audit_that_is_killed_goes_on(audited: Auditing, table: Table) -> None:
    table.stop_after = 5
    with pytest.raises(KeyboardInterrupt):
        audited()
    done = len(table.graded)
    table.stop_after = None
    after = audited()
    assert done > 0 and after.tally.held == done and after.tally.ran == TRIALS - done


def test_a_false_record_is_found_out(audited: Auditing, tmp_path: Path) -> None:
    """The check fails, says what the ledger said and what is so, and strikes out all that its engine recorded."""
    audited()
    path = tmp_path / "suite/toy/double/ledger.jsonl"
    record = '"misconception halved","seeds":"0-1","share":0.'
    replace(path, f"{record}4", f"{record}3")
    assert not audited().verdicts.defects, "nothing is run, so nothing is found out"
    checked = audited(check=True, sample=TRIALS, choice="a commit")
    told = "\n".join(checked.verdicts.defects)
    assert "double: misconception halved: the ledger says 30.0% of the points" in told
    assert "run again it was 40.0%" in told and "struck out" in told
    assert audited().tally.ran == TRIALS, "nothing of that engine's is taken any more"
    assert not audited(check=True, sample=TRIALS).verdicts.defects


def test_a_false_record_of_the_reference_is_always_found_out(
    audited: Auditing, table: Table, tmp_path: Path
) -> None:
    """The reference of every exercise is run in every check, whatever the sample."""
    audited()
    path = tmp_path / "suite/toy/layer/ledger.jsonl"
    replace(path, '"tests":["test_it"]', '"tests":["test_it","test_more"]')
    checked = audited(check=True, sample=0, choice="a commit")
    assert "layer: reference" in "\n".join(checked.verdicts.defects)
    assert checked.tally.sampled == 3 and len({seed for _, seed in table.graded}) == 1


def test_the_sample_is_the_commits(audited: Auditing, table: Table) -> None:
    """Of the stated size, the same for the same commit, another for another."""
    audited(seeds=20)
    samples = []
    for choice in ("one", "one", "another"):
        assert audited(seeds=20, check=True, sample=6, choice=choice).tally.sampled == 3 + 6
        samples.append(sorted(table.graded))
    assert samples[0] == samples[1] != samples[2]


def test_a_changed_engine_is_audited_lightly(
    audited: Auditing, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a check: the reference at three seeds, everything else once. The rest stands where that repeats."""
    audited(seeds=6)
    monkeypatch.setattr(reads, "machinery", lambda backend: "another")
    checked = audited(seeds=6, check=True)
    assert checked.tally.ran == 3 * 3 + 3 + 5 + 1 and not checked.verdicts.defects
    assert checked.tally.earlier == 3 * 3 + 5 + 5
    assert "19 made before the engine changed" in checked.tally.told()
    assert audited(seeds=6).tally.ran == 3 * 3 + 5 + 5, "an audit that is not a check runs the rest"


def test_an_engine_that_changes_an_outcome_is_audited_whole(
    audited: Auditing, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exercises whose light audit came to something else are run at every seed."""
    audited(seeds=6)
    monkeypatch.setattr(reads, "machinery", lambda backend: "another")
    table.share = 0.3
    checked = audited(seeds=6, check=True)
    assert checked.tally.earlier == 0 and not checked.verdicts.defects
    assert checked.tally.ran == 3 * 6 + 3 + 5 * 2 + 6


def test_what_does_not_hold_is_not_recorded(audited: Auditing, table: Table, tmp_path: Path) -> None:
    table.share = 1.0
    assert len(audited().verdicts.defects) == 5 * 2
    assert not any("misconception" in str(line["trial"]) for line in lines(tmp_path, "double"))
    table.share = 0.4
    assert audited().tally.ran == 5 * 2


def test_records_that_nothing_asks_for_are_struck_out(audited: Auditing, tmp_path: Path) -> None:
    audited()
    (tmp_path / "suite/toy/double/alternatives/added.py").unlink()
    audited()
    assert not any("alternative" in str(line["trial"]) for line in lines(tmp_path, "double"))


def test_two_branches_lines_are_read_together(audited: Auditing, tmp_path: Path) -> None:
    """git keeps the lines of both sides; the one that reads what stands there now is taken, and the file is tidied."""
    audited()
    path = tmp_path / "suite/toy/double/ledger.jsonl"
    theirs = [json.dumps({**line, "subject": "0" * 12}) for line in lines(tmp_path, "double")]
    path.write_text("\n".join([*theirs, *path.read_text().splitlines(), *theirs]) + "\n")
    assert audited().tally.ran == 0
    assert all(line["subject"] != "0" * 12 for line in lines(tmp_path, "double"))


@pytest.mark.parametrize(
    "damage",
    [
        "<<<<<<< HEAD",
        '{"trial":"reference"}',
        '{"trial":"reference","seeds":"a","share":1,"subject":"","machinery":""}',
    ],
)
def test_a_damaged_line_is_named(audited: Auditing, tmp_path: Path, damage: str) -> None:
    audited()
    path = tmp_path / "suite/toy/stats/ledger.jsonl"
    path.write_text(path.read_text() + damage + "\n")
    count = len(path.read_text().splitlines())
    with pytest.raises(
        CourseError, match=rf"stats/ledger.jsonl, line {count} is not a record.*delete the line"
    ):
        audited()


def test_writing_what_was_read_changes_no_byte(audited: Auditing, tmp_path: Path) -> None:
    audited()
    for path in (tmp_path / "suite/toy").glob("*/ledger.jsonl"):
        before = path.read_bytes()
        ledger.write(path, ledger.read(path))
        assert path.read_bytes() == before


def test_two_audits_write_one_ledger(audited: Auditing, tmp_path: Path) -> None:
    """What another audit wrote meanwhile is kept."""
    audit = audited()
    suite, trials = tmp_path / "suite/toy", [t for t in audit.plan.trials() if t.exercise == "double"]
    for path in suite.glob("*/ledger.jsonl"):
        path.unlink()
    one, other = Ledger(suite), Ledger(suite)
    facts = Facts(share=1.0)
    assert one.find(trials[0], "m") is None and other.find(trials[1], "m") is None
    one.put(trials[0], "m", facts)
    other.put(trials[1], "m", facts)
    assert all(Ledger(suite).find(trial, "m") for trial in trials[:2])


def test_figures_of_hints_are_measured_once(
    audited: Auditing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are of all the exercises' misconceptions, so a new one has them measured again; an audit keeps them."""
    measured: list[str] = []

    def figures(assignment: Assignment, diagnosis: Diagnosis, exercise: str) -> HintFigures:
        measured.append(exercise)
        return HintFigures(known=4, named=3, left_out=4, misled=[(exercise, "a", "b")])

    monkeypatch.setattr(hint_records, "figures", figures)
    audit = audited()

    def told(run: bool) -> str:
        return hint_records.hint_figures(
            audit.plan, Ledger(tmp_path / "suite/toy"), audit.machinery, None, run
        )

    assert "not measured" in told(False) and not measured
    assert "9 of 12 misconceptions are named as themselves; left out, 3 of 12 are called another's" in told(
        True
    )
    assert sorted(measured) == ["double", "layer", "stats"]
    audit = audited()
    assert "3 of 3 exercises measured" in told(True) and len(measured) == 3
    more = {"double/tripled": '"""Twice, not three times."""\ndef double(x): return x * 3\n'}
    write_misconceptions(tmp_path / "suite/toy", {**MISCONCEPTIONS, **more})
    audit = audited()
    assert "2 of 3 exercises measured" in told(False)
    told(True)
    assert measured[3:] == ["double"]


def test_an_edit_while_the_audit_runs_is_noticed(audited: Auditing, table: Table, tmp_path: Path) -> None:
    """What was recorded of that exercise meanwhile is struck out: it may be of either text."""
    path = tmp_path / "suite/toy/stats/test_stats.py"
    table.meanwhile = lambda: path.write_text(path.read_text() + "\n# edited")
    first = audited()
    assert "stats was edited while the audit ran" in "\n".join(first.verdicts.defects)
    table.meanwhile = lambda: None
    assert audited().tally.ran == 4 + 1 + 2 * 2


def test_an_engine_edited_while_the_audit_runs_is_noticed(
    audited: Auditing, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.meanwhile = lambda: monkeypatch.setattr(reads, "machinery", lambda backend: "edited")
    assert "the engine was edited while the audit ran" in "\n".join(audited().verdicts.defects)
    table.meanwhile = lambda: None
    assert audited().tally.ran == TRIALS


def test_no_fact_is_lost_in_the_file(tmp_path: Path) -> None:
    """Every field, those that are added later too: each has a value here that is not its default."""
    values: dict[str, Any] = {
        "float": 0.5,
        "str": "a",
        "bool": True,
        "tuple[str, ...]": ("a", "b"),
        "dict[str, int]": {"a": 1},
    }
    facts = Facts(**{name: values[kind] for name, kind in Facts.__annotations__.items()})
    plain = Facts(share=0.0)
    records = {
        ("reference", 0): [ledger.Record("s", "m", facts)],
        ("skeleton", 0): [ledger.Record("s", "m", plain)],
    }
    ledger.write(tmp_path / "ledger.jsonl", records)
    assert ledger.read(tmp_path / "ledger.jsonl") == records
