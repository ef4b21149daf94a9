"""Results survive whatever happens to the process, the disk or the file."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from autograder.classroom.store import ResultStore
from autograder.course import CourseError
from autograder.grading.result import (
    SCHEMA_VERSION,
    ExerciseResult,
    JailRecord,
    Result,
    TestResult,
    Verdict,
    decode,
    encode,
    json_schema,
    result_key,
)

ROOT = Path(__file__).parents[2]
KEYS = [result_key(str(number), "suite", "environment", 0) for number in range(4)]

WRITER = """
import sys
from pathlib import Path
from autograder.classroom.store import ResultStore
from tests.classroom.test_store import KEYS, result
store = ResultStore(Path(sys.argv[1]))
print("ready", flush=True)
size = 1
while True:
    for key in KEYS:
        store.put(result(key, size))
        size = size % 400 + 1
"""


def result(key: str, size: int = 1) -> Result:
    """A result document whose length grows with `size`; it is whole where all its messages agree."""
    test = TestResult(name="t", statement="s", weight=1, verdict=Verdict.PASSED, message=str(size))
    exercise = ExerciseResult(id="e", points=2, share=0.5, verdict=Verdict.FAILED, tests=(test,) * size)
    return Result(
        key=key,
        assignment="toy",
        notebook="toy",
        submission_digest="a",
        suite_digest="b",
        environment_digest="c",
        seed=0,
        jail=JailRecord(backend="landlock"),
        verdict=Verdict.PASSED,
        exercises=(exercise,),
    )


def whole(found: Result) -> bool:
    tests = found.exercises[0].tests
    return all(test.message == str(len(tests)) for test in tests)


def test_a_result_comes_back_as_it_was_put(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "results")
    assert store.get(KEYS[0]) is None
    store.put(result(KEYS[0]))
    store.put(result(KEYS[0], 3))
    assert store.get(KEYS[0]) == result(KEYS[0], 3) and store.get(KEYS[1]) is None
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{KEYS[0]}.json"]


def test_a_writer_killed_at_any_moment_leaves_whole_documents(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.put(result(KEYS[0]))
    chance = random.Random(0)
    for _ in range(8):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        writer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.05))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        for key in KEYS:
            path = store.path(key)
            assert not path.exists() or whole(decode(path.read_bytes()))
        first = store.get(KEYS[0])
        assert first is not None and whole(first)


def test_a_reader_sees_the_old_document_or_the_new_one(tmp_path: Path) -> None:
    store, done = ResultStore(tmp_path), threading.Event()
    store.put(result(KEYS[0]))

    def write() -> None:
        for size in range(1, 60):
            store.put(result(KEYS[0], size))
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not done.is_set():
        found = store.get(KEYS[0])
        assert found is not None and whole(found)
    thread.join()


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"\xff", b'{"schema_version": 999}', b"[" * 100_000])
def test_a_damaged_document_counts_as_none_and_is_replaced(tmp_path: Path, document: bytes) -> None:
    store = ResultStore(tmp_path)
    store.put(result(KEYS[0]))
    store.path(KEYS[0]).write_bytes(document)
    assert store.get(KEYS[0]) is None
    store.put(result(KEYS[0]))
    assert store.get(KEYS[0]) == result(KEYS[0])


def test_a_cut_document_and_one_of_another_key_count_as_none(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.put(result(KEYS[0]))
    content = store.path(KEYS[0]).read_bytes()
    store.path(KEYS[0]).write_bytes(content[: len(content) // 2])
    assert store.get(KEYS[0]) is None
    store.path(KEYS[0]).write_bytes(encode(result(KEYS[1])))
    assert store.get(KEYS[0]) is None


def test_a_result_of_another_schema_or_with_impossible_scores_is_refused() -> None:
    newer = msgspec.structs.replace(result(KEYS[0]), schema_version=SCHEMA_VERSION + 1)
    with pytest.raises(ValueError, match="schema"):
        decode(encode(newer))
    for share in ("2.0", "-0.5", "null", '"1"'):
        with pytest.raises(ValueError, match="damaged"):
            decode(encode(result(KEYS[0])).replace(b'"share": 0.5', f'"share": {share}'.encode()))
    assert json_schema()["$ref"] == "#/$defs/Result"


# A folder that cannot be written ---------------------------------------------------------------------------------


def unwritable(store: ResultStore) -> str:
    with pytest.raises(CourseError) as caught:
        store.put(result(KEYS[0], 200))
    assert "what is stored stays" in str(caught.value) and str(store.root) in str(caught.value)
    return str(caught.value)


def test_a_file_in_the_folders_place(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("in the way")
    store = ResultStore(tmp_path / "results")
    assert store.get(KEYS[0]) is None
    unwritable(store)
    assert (tmp_path / "results").read_text() == "in the way"


def test_a_folder_in_the_documents_place(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.path(KEYS[0]).mkdir(parents=True)
    with pytest.raises(CourseError):
        store.get(KEYS[0])
    unwritable(store)


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int) -> None:
    store = ResultStore(tmp_path)
    store.put(result(KEYS[0]))

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        assert os.strerror(code) in unwritable(store)
    assert store.get(KEYS[0]) == result(KEYS[0])
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1, "nothing half written is left"


def test_a_limit_on_file_sizes(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.put(result(KEYS[0]))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        unwritable(store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store.get(KEYS[0]) == result(KEYS[0])


FULL_DISK = """
import sys
from pathlib import Path
from autograder.course import CourseError
from autograder.classroom.store import ResultStore
from tests.classroom.test_store import KEYS, result
store = ResultStore(Path(sys.argv[1]))
store.put(result(KEYS[0]))
try:
    for key in KEYS[1:]:
        store.put(result(key, 2000))
except CourseError as error:
    print(error)
assert store.get(KEYS[0]) == result(KEYS[0])
assert store.get(KEYS[1]) is None
"""


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    program = shutil.which("bwrap")
    assert program is not None
    full = [
        program,
        "--bind",
        "/",
        "/",
        "--dev-bind",
        "/dev",
        "/dev",
        "--size",
        "131072",
        "--tmpfs",
        str(tmp_path),
    ]
    command = [*full, "--chdir", str(ROOT), "--", sys.executable, "-c", FULL_DISK, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert "No space left on device" in said.stdout
