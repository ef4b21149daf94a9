"""A course that several instructors share: one can change what another has made.

Unix says it by the course folder: its group may write there, and its setgid bit gives that group all that is made
inside (`chgrp -R GROUP COURSE; chmod -R g+rwX COURSE; find COURSE -type d -exec chmod g+s {} +`).
"""

from __future__ import annotations

import atexit
import os
import stat
from pathlib import Path

_GROUP = stat.S_IRGRP | stat.S_IWGRP
ADVICE = (
    "let one group share the course: `chgrp -R GROUP COURSE`, `chmod -R g+rwX COURSE`, "
    "`find COURSE -type d -exec chmod g+s {} +`"
)


def is_shared(root: Path) -> bool:
    """Tell whether the group of the course folder ``root`` may write in it."""
    try:
        return bool(root.stat().st_mode & stat.S_IWGRP)
    except OSError:
        return False


def share(path: Path, root: Path) -> None:
    """Give the group of a shared course at ``root`` a file or folder that this user has made, and nobody else.

    Nothing happens where the course is not shared, or the file is another user's.
    """
    if os.name != "posix" or not is_shared(root):
        return
    try:
        found, group = path.lstat(), root.stat().st_gid
        if found.st_uid != os.geteuid() or stat.S_ISLNK(found.st_mode):
            return
        if found.st_gid != group:
            os.chown(path, -1, group)
        more = _GROUP | stat.S_IXGRP | stat.S_ISGID if stat.S_ISDIR(found.st_mode) else _GROUP
        path.chmod(stat.S_IMODE(found.st_mode) | more)
    except OSError:  # this user does not belong to the group, or the file is gone
        return


def share_what_is_made(root: Path, gradebook: Path) -> None:
    """From now on this process lets the group write what it makes, where the course at ``root`` is shared.

    nbgrader makes its folders in many places, and all of them follow the process's file mode creation mask. SQLite does
    not: it makes the gradebook writable for its maker alone, so that file is given to the group, now or at the end.
    """
    if os.name == "posix" and is_shared(root):
        mask = os.umask(0o077)
        os.umask(mask & ~0o070)
        share(gradebook, root)
        if not gradebook.exists():
            atexit.register(share, gradebook, root)
