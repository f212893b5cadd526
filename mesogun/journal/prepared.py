"""Statements compiled once and run on the driver's own cursor: the few that every shot passes through.

They are SQLAlchemy Core statements like all others, so that SQLite and PostgreSQL run the same code; only the cost of
executing them through SQLAlchemy, several times that of SQLite itself, is left out. Not responsible for transactions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

Values = Mapping[str, object]


class Prepared:
    """One statement for one dialect."""

    def __init__(self, statement: sa.sql.ClauseElement, dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._order: list[str] | None = list(compiled.positiontup) if compiled.positional else None

    def one(self, cursor: Any, values: Values) -> Any:
        """Run it and return its first row, or None."""
        cursor.execute(self._sql, self._arguments(values))
        return cursor.fetchone()

    def many(self, cursor: Any, rows: list[dict[str, object]]) -> None:
        """Run it for each of ``rows``."""
        cursor.executemany(self._sql, [self._arguments(row) for row in rows])

    def _arguments(self, values: Values) -> Values | list[object]:
        return values if self._order is None else [values[name] for name in self._order]
