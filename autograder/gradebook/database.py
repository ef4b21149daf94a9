"""One connection to the gradebook for all of a recording.

nbgrader opens the gradebook about ten times for each submission it records, and each time SQLAlchemy makes an engine,
compiles the same statements again and looks whether the same tables are there: half of the recording's time. A
gradebook opened by the URL that `kept_url` gives shares one engine's connection, dialect and compiled statements with
those opened before it. nbgrader's code and what it does to the database stay as they are.

It also commits about twenty times for each submission, and each time the disk is waited for. Within `one_commit` these
are kept as steps of one transaction: what nbgrader takes back is taken back to its last commit, and at the end all of
it is written, or, where the process is killed before, nothing.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, Pool, QueuePool

DRIVER = "kept"


def kept_url(db_url: str) -> str:
    """The same gradebook by an address whose connection is kept; unchanged where it is not a file of SQLite's."""
    url = make_url(db_url)
    if url.drivername != "sqlite" or not os.path.isabs(url.database or ""):
        return db_url
    return url.set(drivername=f"sqlite+{DRIVER}").render_as_string(hide_password=False)


class KeptPool(QueuePool):
    """Connections that outlive their engine: nbgrader disposes of each engine that it has made.

    Attributes:
        held: the connection with an open `one_commit`, or None.
    """

    held: sqlite3.Connection | None = None

    def _do_get(self) -> ConnectionPoolEntry:
        if self.held is not None and self.checkedin() == 0:
            let_go(
                self, whole=True
            )  # it is in use and another one is wanted, which would wait for it for ever
        return super()._do_get()

    def dispose(self) -> None:
        """Nothing: the next engine takes over the connections. See `close`."""

    def recreate(self) -> KeptPool:
        return self

    def close(self) -> None:
        super().dispose()


class KeptDialect(SQLiteDialect_pysqlite):
    """SQLite by Python's module; the tables that a connection has seen are not looked for again."""

    driver = DRIVER
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        return KeptPool

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        first = _kept.get(engine.url)
        if first is None and isinstance(engine.pool, KeptPool):
            _keep(engine)
        elif first is not None:
            engine.dialect, engine.pool = first.dialect, first.pool
            engine.update_execution_options(**first.get_execution_options())

    def do_commit(self, dbapi_connection: Any) -> None:
        held = _held(dbapi_connection)
        if held is None:
            super().do_commit(dbapi_connection)
        else:
            held.execute(f"RELEASE {_STEP}")
            held.execute(f"SAVEPOINT {_STEP}")

    def do_rollback(self, dbapi_connection: Any) -> None:
        held = _held(dbapi_connection)
        if held is None:
            super().do_rollback(dbapi_connection)
        else:
            held.execute(f"ROLLBACK TO {_STEP}")

    def has_table(
        self, connection: Connection, table_name: str, schema: str | None = None, **options: Any
    ) -> bool:
        seen: set[tuple[str | None, str]] = connection.info.setdefault("tables", set())
        if (schema, table_name) not in seen:
            if not super().has_table(connection, table_name, schema, **options):
                return False
            seen.add((schema, table_name))
        return True


registry.register(f"sqlite.{DRIVER}", __name__, "KeptDialect")
_kept: dict[URL, Engine] = {}
_STEP = "step"


@contextlib.contextmanager
def one_commit(db_url: str) -> Iterator[None]:
    """Within it what is committed to a kept gradebook is written together at the end, after an error too.

    Nothing changes for a gradebook that is not kept.

    Raises:
        OperationalError: it cannot be written, or somebody else holds it for too long.
    """
    engine = _kept.get(make_url(db_url))
    pool = engine.pool if engine is not None else None
    if engine is None or not isinstance(pool, KeptPool) or pool.held is not None:
        yield
        return
    if pool.checkedin() > 1:
        pool.close()  # of several idle connections another one might be taken next
    borrowed = engine.raw_connection()
    connection = borrowed.dbapi_connection
    borrowed.close()
    assert isinstance(connection, sqlite3.Connection)
    _execute(connection, "BEGIN IMMEDIATE")
    connection.execute(f"SAVEPOINT {_STEP}")
    pool.held = connection
    try:
        yield
    finally:
        let_go(pool)


def let_go(pool: KeptPool, *, whole: bool = False) -> None:
    """Write what was committed within `one_commit`, which ends here; ``whole``: what was not committed yet, too."""
    held, pool.held = pool.held, None
    if held is None:
        return
    try:
        if held.in_transaction:  # a full disk has ended it already
            held.execute(f"RELEASE {_STEP}" if whole else f"ROLLBACK TO {_STEP}")
            _execute(held, "COMMIT")
    except sqlite3.ProgrammingError:
        """It was closed: another file is there now, and nothing of this one is wanted."""
    except OperationalError:
        held.rollback()
        raise


def _execute(connection: sqlite3.Connection, statement: str) -> None:
    try:
        connection.execute(statement)
    except sqlite3.OperationalError as error:
        raise OperationalError(statement, None, error) from error


def _held(connection: Any) -> sqlite3.Connection | None:
    """The connection itself where it is the one with an open `one_commit`, else None."""
    raw = getattr(connection, "dbapi_connection", connection)
    for engine in _kept.values():
        if isinstance(engine.pool, KeptPool) and engine.pool.held is raw and raw is not None:
            return engine.pool.held if raw.in_transaction else None
    return None


def _keep(engine: Engine) -> None:
    for other in _kept.values():  # one gradebook at a time
        if isinstance(other.pool, KeptPool):
            other.pool.close()
    _kept.clear()
    _kept[engine.url] = engine
    engine.update_execution_options(compiled_cache={})
    file = engine.url.database or ""

    def connected(connection: object, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(file)

    def wanted(connection: object, record: ConnectionPoolEntry, proxy: object) -> None:
        if record.info.get("file") != _identity(file):
            raise DisconnectionError("another file is there now, or it may be used in another way")

    event.listen(engine.pool, "connect", connected)
    event.listen(engine.pool, "checkout", wanted)


def _identity(file: str) -> tuple[int, ...]:
    try:
        found = os.stat(file)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mode
