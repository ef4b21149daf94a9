"""Run a Python program as an ordinary user: `as_user.py UID[:GROUP] HOME PROGRAM [ARGUMENT...]`, started as root.

The interpreter and the project may lie under a folder only root can enter (/root). A mount namespace of its own
shows the same paths with ways that everybody can go; nothing outside it changes.
"""

import ctypes
import os
import sys
import tempfile
from pathlib import Path

_NEW_MOUNTS = 0x20000
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    _checked(
        _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
    )


def _closed_to_others(path: Path) -> Path | None:
    """The first folder on the way to a path that other users cannot enter."""
    for folder in reversed(path.parents):
        if not folder.stat().st_mode & 0o001:
            return folder
    return None


def open_the_way(needed: list[Path]) -> None:
    """Make every path reachable for other users, in this process's view only."""
    _checked(_libc.unshare(_NEW_MOUNTS))
    _mount("none", "/", flags=_RECURSIVE | _PRIVATE)
    handles = {path: os.open(path, os.O_PATH) for path in needed}
    for closed in sorted({closed for path in needed if (closed := _closed_to_others(path))}):
        if closed.stat().st_mode & 0o001:  # opened by an earlier mount above it
            continue
        _mount("tmpfs", str(closed), "tmpfs", data="mode=755")
        for path, handle in handles.items():
            if path.is_relative_to(closed):
                path.mkdir(parents=True, exist_ok=True)
                _mount(f"/proc/self/fd/{handle}", str(path), flags=_BIND | _RECURSIVE)


def main(user: int, groups: list[int], home: str, program: list[str]) -> None:
    project = Path(__file__).resolve().parents[2]
    open_the_way([Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), project])
    os.setgroups(groups)
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    temporary = tempfile.mkdtemp(dir=home)
    os.environ.update(HOME=home, TMPDIR=temporary, USER=f"user{user}", PYTHONDONTWRITEBYTECODE="1")
    os.chdir(project)
    os.execv(sys.executable, [sys.executable, *program])


if __name__ == "__main__":
    user, *groups = map(int, sys.argv[1].split(":"))
    main(user, groups, sys.argv[2], sys.argv[3:])
