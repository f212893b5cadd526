"""What somebody with the file and no key can do to it: raw SQL behind the journal's back, triggers removed."""
# ruff: noqa: S608 (the attacker writes SQL)

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mesogun.journal import chain

COLUMNS = ("seq", "at", "treatment", "epoch", "kind", "body", "prev_hash", "hash")
Stored = dict[str, Any]


@contextlib.contextmanager
def behind(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as an attacker opens it: committed on exit."""
    connection = sqlite3.connect(path)
    try:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        with connection:
            yield connection
    finally:
        connection.close()


def rewrite(path: Path, change: Callable[[list[Stored]], list[Stored]], *, rehash: bool) -> None:
    """Read all rows, let ``change`` have its way, write them back; ``rehash`` makes the chain fit again."""
    with behind(path) as connection:
        query = f"SELECT {', '.join(COLUMNS)} FROM events ORDER BY seq"
        rows = change([dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(query)])
        (journal_id,) = connection.execute("SELECT value FROM meta WHERE key = 'journal_id'").fetchone()
        if rehash:
            last = chain.genesis(journal_id)
            for row in rows:
                row["prev_hash"] = last
                row["hash"] = last = chain.row_hash(**{name: row[name] for name in COLUMNS[:-1]})
        connection.execute("DELETE FROM events")
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(
            f"INSERT INTO events VALUES ({marks})", [tuple(row[name] for name in COLUMNS) for row in rows]
        )
