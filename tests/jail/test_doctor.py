"""Every denial, on both backends, as root and as an ordinary user; and that the proof can fail."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from autograder.jail.host.backends import BACKENDS, Unjailed, choose
from autograder.jail.host.doctor import Proof, failures, prove, report
from autograder.jail.host.worker import Worker
from tests.jail.conftest import AsUser

PROVE = """
import dataclasses, json, sys
from autograder.jail.host.backends import choose
from autograder.jail.host.doctor import prove
print(json.dumps([dataclasses.asdict(proof) for proof in prove(choose(sys.argv[1]))]))
"""
KINDS = {"allowed", "network", "reading", "writing", "processes", "new processes", "limits", "time", "kernel"}


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_every_denial_holds(as_user: AsUser, backend: str) -> None:
    proofs = [Proof(**proof) for proof in json.loads(as_user(PROVE, backend))]
    assert failures(proofs) == []
    assert {proof.kind for proof in proofs} == KINDS
    for kind in KINDS - {"allowed", "time"}:
        assert any(p.possible_outside for p in proofs if p.kind == kind), (
            f"nothing of {kind} is possible outside"
        )


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_quick_proof_leaves_the_jail_usable(backend: str) -> None:
    with Worker(choose(backend)) as worker:
        for _ in range(2):
            assert failures(prove(worker.backend, quick=True, worker=worker)) == []
        process = worker.fork()
        process.run_cell("def two(): return 2", "after")
        assert process.student.two() == 2


def test_without_a_jail_the_proof_fails() -> None:
    proofs = prove(Unjailed(), quick=True)
    lost = {proof.kind for proof in failures(proofs)}
    assert lost >= {"allowed", "network", "reading", "writing", "processes", "new processes", "kernel"}
    assert {proof.name for proof in failures(proofs)} >= {
        "reading the project's files",
        "connecting to the grader's machine",
        "signalling the grader",
        "fork",
        "everything outside is as it was",
    }


def test_report_names_what_did_not_hold() -> None:
    console = Console(record=True, width=120)
    report(
        [
            Proof("network", "a socket", True, "EPERM", 0.1, True),
            Proof("network", "a [pair]", False, "made", 0.1),
        ],
        console,
    )
    text = console.export_text()
    assert "1/2" in text and "a [pair]" in text and "made" in text and "a socket" not in text
