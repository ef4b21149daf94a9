"""One connection to the gradebook for all of a recording.

nbgrader opens the gradebook about ten times for each submission it records, and each time SQLAlchemy makes an engine,
compiles the same statements again and looks whether the same tables are there: half of the recording's time. A
gradebook opened by the URL that `kept_url` gives shares one engine's connection, dialect and compiled statements with
those opened before it. nbgrader's code and what it does to the database stay as they are.
"""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, Pool, QueuePool

DRIVER = "kept"


def kept_url(db_url: str) -> str:
    """The same gradebook by an address whose connection is kept; unchanged where it is not a file of SQLite's."""
    url = make_url(db_url)
    if url.drivername != "sqlite" or not os.path.isabs(url.database or ""):
        return db_url
    return url.set(drivername=f"sqlite+{DRIVER}").render_as_string(hide_password=False)


class KeptPool(QueuePool):
    """Connections that outlive their engine: nbgrader disposes of each engine that it has made."""

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
