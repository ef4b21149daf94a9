"""Which backend works where, what it may read, and the messages where none does."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

import autograder
from autograder.jail.host import guest
from autograder.jail.host.backends import BACKENDS, Bubblewrap, LandlockSeccomp, Unjailed, choose
from autograder.jail.host.visibility import JailUnavailable, private, readable, refuse_overlap
from autograder.jail.host.worker import Worker
from autograder.jail.inside import landlock, seal
from autograder.jail.inside.policy import Limits, Policy, SealError

PROJECT = Path(autograder.__file__).resolve().parents[1]


def test_both_backends_work_here() -> None:
    assert choose().name == "bubblewrap"
    assert [choose(name).name for name in BACKENDS] == list(BACKENDS)


def test_no_jail_only_when_asked_for() -> None:
    with pytest.raises(JailUnavailable, match="--unsafe-no-jail"):
        choose("none")
    assert isinstance(choose(unsafe=True), Unjailed)
    with pytest.raises(JailUnavailable, match="bubblewrap, landlock"):
        choose("docker")


@pytest.mark.parametrize(("platform", "name"), [("darwin", "macOS"), ("win32", "Windows")])
def test_other_systems_are_told_what_works(monkeypatch: pytest.MonkeyPatch, platform: str, name: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for backend in (Bubblewrap(), LandlockSeccomp()):
        message = backend.unavailable()
        assert message is not None and name in message
        assert "self-check" in message and "authoring" in message and "--unsafe-no-jail" in message
    for unsafe in (False, True):
        with pytest.raises(JailUnavailable, match=name):
            choose(unsafe=unsafe)


def test_each_reason_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    with pytest.raises(JailUnavailable, match="5.13.*lsm=.*6.2.*lsm="):
        choose()
    monkeypatch.setattr(landlock, "abi", lambda: 2)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(JailUnavailable, match="apt install bubblewrap.*6.2"):
        choose()


def test_bubblewrap_without_namespaces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bwrap"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "bubblewrap 0.8.0" && exit 0\n'
        'echo "bwrap: No permissions to create new namespace" >&2; exit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    message = Bubblewrap().unavailable()
    assert message is not None and "No permissions" in message and "--backend landlock" in message
    program.write_text('#!/bin/sh\necho "bubblewrap 0.4.1"\n')
    message = Bubblewrap().unavailable()
    assert message is not None and "too old" in message


def test_a_kernel_without_landlock_is_no_jail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 2)
    with pytest.raises(SealError, match="Landlock version 3"):
        landlock.restrict([])
    with pytest.raises(SealError):
        seal._landlock(Policy(scratch="/tmp"), "/tmp")
    assert LandlockSeccomp().unavailable() is not None
    assert Bubblewrap().unavailable() is None  # the second version will do inside its mounts


LOOK_FOR_PLACES = """
import glob, os, sys
names = [*sys.modules, *sys.path, *map(str, sys.meta_path), *map(str, sys.path_hooks)]
found = [name for name in names if '__editable__' in name]
read = []
for folder in sys.path:
    for path in glob.glob(folder + '/__editable__*') + glob.glob(folder + '/*.dist-info/direct_url.json'):
        try:
            open(path).close()
            read.append(path)
        except OSError:
            pass
"""


def test_nothing_private_is_readable() -> None:
    paths = readable()
    for secret in (PROJECT, PROJECT / "solutions", *private(), Path("/etc/passwd"), Path("/usr/local/share")):
        assert not any(secret.is_relative_to(path) for path in paths), secret
    assert not any(Path(path).is_relative_to(PROJECT / "autograder") for path in paths)


def test_where_packages_are_installed_in_place_is_not_told() -> None:
    """An editable install's finder lists the folders of the project, and its record says where it lies."""
    packages = Path(sysconfig.get_path("purelib"))
    telling = [*packages.glob("__editable__*"), *packages.glob("*.dist-info/direct_url.json")]
    assert telling, "these tests run in an editable install"
    for path in map(Path, readable()):
        assert not any(secret.resolve().is_relative_to(path.resolve()) for secret in telling), path
    with Worker(choose("landlock")) as worker:
        process = worker.fork()
        process.allow(20, 60)
        process.run_cell(LOOK_FOR_PLACES, "look")
        found, read = process.student.found, process.student.read
        process.end()
    assert found == [] and read == []


def test_a_suite_among_the_libraries_is_refused(tmp_path: Path) -> None:
    installed = tmp_path / "lib" / "python3" / "site-packages" / "autograder"
    with pytest.raises(JailUnavailable, match="editable"):
        refuse_overlap([str(tmp_path / "lib")], [installed])
    course = Path(sysconfig.get_path("purelib")) / "course"
    for backend in (Bubblewrap(private=(course,)), LandlockSeccomp(private=(course,))):
        with pytest.raises(JailUnavailable, match="course"):
            backend.policy(guest=tmp_path, scratch=tmp_path, limits=Limits())


def test_the_policy_crosses_as_text() -> None:
    policy = Bubblewrap().policy(guest=Path("/guest"), scratch=Path("/scratch"), limits=Limits(threads=7))
    assert Policy.from_json(policy.to_json()) == policy


def test_the_guest_folder_holds_no_test(tmp_path: Path) -> None:
    guest.stage(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["autograder", "selfcheck"]
    assert sorted(p.name for p in (tmp_path / "autograder").iterdir()) == ["jail", "wire"]
    names = [p.name for p in tmp_path.rglob("*")]
    assert not any(name.startswith("test_") or name.endswith((".pyc", ".ipynb")) for name in names)
