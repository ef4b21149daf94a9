"""Ways to change anything outside the jail."""

from __future__ import annotations

import errno
import os

from autograder.jail.inside.probes.registry import Facts, Probe, add, probe


def _write(key: str, name: str) -> Probe:
    def write(facts: Facts) -> object:
        path = os.path.join(facts[key], name) if name else facts[key]
        with open(path, "a"):
            pass
        if name:
            os.unlink(path)
        return path

    return write


for _title, _key, _name in (
    ("the home folder", "home", ".autograder-probe"),
    ("the project", "project", "autograder-probe"),
    ("/tmp", "tmp", "autograder-probe"),
    ("/dev/shm", "shm", "autograder-probe"),
    ("the gradebook", "gradebook", ""),
    ("another submission's files", "other_submission", ""),
    ("the folder of all submissions", "scratch_root", "autograder-probe"),
    ("the interpreter's library", "library", "autograder_probe.py"),
    ("the code that answers for it", "guest", "autograder_probe.py"),
):
    add("writing", f"writing to {_title}", _write(_key, _name))


@probe("writing", "truncating a file")
def _truncate(facts: Facts) -> object:
    os.truncate(facts["spare"], 0)
    return "done"


@probe("writing", "removing a file")
def _remove(facts: Facts) -> object:
    os.unlink(facts["spare"])
    return "done"


@probe("writing", "moving a file out of the jail")
def _move(facts: Facts) -> object:
    inside = os.path.join(facts["own_folder"], "mine")
    with open(inside, "w"):
        pass
    try:
        os.rename(inside, facts["secret"] + "-moved")
    except OSError as error:
        if error.errno == errno.EXDEV:
            return "reached the file system"
        raise
    return "done"


@probe("writing", "changing a file's mode")
def _mode(facts: Facts) -> object:
    os.chmod(facts["secret"], 0o600)
    return "done"


@probe("writing", "changing a file's owner")
def _owner(facts: Facts) -> object:
    os.chown(facts["secret"], os.getuid(), os.getgid())
    return "done"


@probe("writing", "changing a file's times")
def _times(facts: Facts) -> object:
    os.utime(facts["secret"])
    return "done"


@probe("writing", "changing a file's extended attributes")
def _attributes(facts: Facts) -> object:
    try:
        os.setxattr(facts["secret"], "user.probe", b"1")
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return "reached the file system"
        raise
    return "done"


@probe("writing", "a device node")
def _device(facts: Facts) -> object:
    os.mknod(os.path.join(facts["own_folder"], "node"), 0o020600, os.makedev(1, 3))
    return "done"
