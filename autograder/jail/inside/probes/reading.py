"""Ways to see a file, a folder or a secret outside the jail."""

from __future__ import annotations

import ctypes
import os

from autograder.jail.inside.probes.registry import Facts, Probe, add, denied, probe, system_call


def _read(key: str, below: str = "") -> Probe:
    def read(facts: Facts) -> object:
        with open(facts[key] + below, "rb") as file:
            return file.read(20)

    return read


def _list(key: str) -> Probe:
    return lambda facts: sorted(os.listdir(facts[key]))[:3]


for _title, _key in (
    ("a file in the home folder", "home_file"),
    ("the project's files", "project_file"),
    ("the hidden tests", "suite_file"),
    ("the gradebook", "gradebook"),
    ("the course's secret", "course_secret"),
    ("another submission's files", "other_submission"),
    ("a submission's files beside its own", "sibling_submission"),
    ("what the last submission left", "left_behind"),
    ("/etc/shadow", "shadow"),
    ("/etc/passwd", "passwd"),
):
    add("reading", f"reading {_title}", _read(_key))
for _title, _key in (
    ("the home folder", "home"),
    ("the project", "project"),
    ("the root folder", "root"),
    ("/tmp", "tmp"),
    ("/dev/shm", "shm"),
    ("the processes", "proc"),
    ("the folder of all submissions", "scratch_root"),
):
    add("reading", f"listing {_title}", _list(_key))
for _name in ("environ", "cmdline", "maps", "mem", "fd/0", "root/etc/passwd"):
    add("reading", f"/proc/GRADER/{_name}", _read("grader_proc", f"/{_name}"))
for _name in ("environ", "maps", "mem"):
    add("reading", f"/proc/ZYGOTE/{_name}", _read("zygote_proc", f"/{_name}"))


@probe("reading", "reading through a symbolic link")
def _through_symbolic_link(facts: Facts) -> object:
    link = os.path.join(facts["own_folder"], "symbolic-link")
    os.symlink(facts["secret"], link)
    with open(link) as file:
        return file.read()


@probe("reading", "reading through a hard link")
def _through_hard_link(facts: Facts) -> object:
    link = os.path.join(facts["own_folder"], "hard-link")
    os.link(facts["secret"], link)
    with open(link) as file:
        return file.read()


@probe("reading", "reading through ..")
def _through_parents(facts: Facts) -> object:
    with open(os.path.relpath(facts["secret"])) as file:
        return file.read()


@probe("reading", "naming a file by its handle")
def _handle(facts: Facts) -> object:
    handle, mount = ctypes.create_string_buffer(b"\x80\0\0\0", 136), ctypes.c_int()
    return system_call(
        303, 264, -100, ctypes.c_char_p(facts["secret"].encode()), handle, ctypes.byref(mount), 0
    )


@probe("reading", "watching a folder with inotify")
def _inotify(facts: Facts) -> object:
    watcher = system_call(294, 26, 0)
    try:
        return system_call(254, 27, watcher, ctypes.c_char_p(facts["home"].encode()), 0xFFF)
    finally:
        os.close(watcher)


@probe("reading", "the grader's environment variables")
def _environment(facts: Facts) -> object:
    found = [name for name in facts["environment"] if name in os.environ]
    if found:
        return found
    raise denied()


@probe("reading", "an inherited descriptor")
def _descriptors(facts: Facts) -> object:
    found = []
    for descriptor in range(3, 1024):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    if len(found) > facts["descriptors"]:
        return found
    raise denied()
