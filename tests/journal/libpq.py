"""A driver of a hundred lines for SQLAlchemy's own PostgreSQL dialect, on the C library alone.

So that the journal meets a real server wherever one is installed, with or without a packaged driver. For tests: it
knows the types that a journal has and nothing else.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql.base import PGDialect

paramstyle = "numeric_dollar"
threadsafety = 1
apilevel = "2.0"


class Error(Exception):
    def __init__(self, message: str, sqlstate: str = "") -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class InterfaceError(Error): ...


class DatabaseError(Error): ...


class OperationalError(DatabaseError): ...


class IntegrityError(DatabaseError): ...


class ProgrammingError(DatabaseError): ...


class DataError(DatabaseError): ...


class InternalError(DatabaseError): ...


class NotSupportedError(DatabaseError): ...


_BY_CLASS = {"08": OperationalError, "57": OperationalError, "55": OperationalError, "23": IntegrityError}
_OK = {1, 2}  # PGRES_COMMAND_OK, PGRES_TUPLES_OK
_INTEGERS, _BYTES, _BOOL = {20, 21, 23, 26, 28}, 17, 16


def _library() -> Any:
    name = ctypes.util.find_library("pq")
    assert name is not None, "libpq comes with every PostgreSQL"
    lib = ctypes.CDLL(name)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for function, result, arguments in (
        ("PQconnectdb", pointer, [text]),
        ("PQstatus", ctypes.c_int, [pointer]),
        ("PQerrorMessage", text, [pointer]),
        ("PQfinish", None, [pointer]),
        ("PQexecParams", pointer, [pointer, text, ctypes.c_int, *[pointer] * 4, ctypes.c_int]),
        ("PQresultStatus", ctypes.c_int, [pointer]),
        ("PQresultErrorMessage", text, [pointer]),
        ("PQresultErrorField", text, [pointer, ctypes.c_int]),
        ("PQntuples", ctypes.c_int, [pointer]),
        ("PQnfields", ctypes.c_int, [pointer]),
        ("PQfname", text, [pointer, ctypes.c_int]),
        ("PQftype", ctypes.c_uint, [pointer, ctypes.c_int]),
        ("PQgetvalue", text, [pointer, ctypes.c_int, ctypes.c_int]),
        ("PQgetisnull", ctypes.c_int, [pointer, ctypes.c_int, ctypes.c_int]),
        ("PQcmdTuples", text, [pointer]),
        ("PQclear", None, [pointer]),
    ):
        getattr(lib, function).restype = result
        getattr(lib, function).argtypes = arguments
    return lib


class Connection:
    def __init__(self, conninfo: str) -> None:
        self._lib = _library()
        self._handle = self._lib.PQconnectdb(conninfo.encode())
        self._inside = False
        if self._lib.PQstatus(self._handle) != 0:
            self.close()
            raise OperationalError("no connection")

    def cursor(self) -> Cursor:
        return Cursor(self)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def close(self) -> None:
        if self._handle:
            self._lib.PQfinish(self._handle)
            self._handle = None

    def run(self, sql: str, arguments: Sequence[Any]) -> tuple[list[tuple[str, int]], list[tuple[Any, ...]], int]:
        if not self._inside:
            self._inside = True
            self._execute("BEGIN", ())
        return self._execute(sql, arguments)

    def _end(self, how: str) -> None:
        if self._inside and self._handle:
            self._inside = False
            self._execute(how, ())

    def _execute(self, sql: str, arguments: Sequence[Any]) -> tuple[list[tuple[str, int]], list[tuple[Any, ...]], int]:
        values = (ctypes.c_char_p * len(arguments))(*map(_to_text, arguments))
        array = ctypes.cast(values, ctypes.c_void_p)
        lib = self._lib
        result = lib.PQexecParams(self._handle, sql.encode(), len(arguments), None, array, None, None, 0)
        try:
            if lib.PQresultStatus(result) not in _OK:
                state = (lib.PQresultErrorField(result, ord("C")) or b"08006").decode()
                raise _BY_CLASS.get(state[:2], ProgrammingError)(lib.PQresultErrorMessage(result).decode(), state)
            fields = range(lib.PQnfields(result))
            columns = [(lib.PQfname(result, field).decode(), int(lib.PQftype(result, field))) for field in fields]
            rows = [
                tuple(
                    None
                    if lib.PQgetisnull(result, row, field)
                    else _from_text(lib.PQgetvalue(result, row, field), columns[field][1])
                    for field in fields
                )
                for row in range(lib.PQntuples(result))
            ]
            return columns, rows, int(lib.PQcmdTuples(result) or 0)
        finally:
            lib.PQclear(result)


class Cursor:
    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[tuple[Any, ...]] = []
        self.description: list[tuple[Any, ...]] | None = None
        self.rowcount = -1

    def execute(self, sql: str, arguments: Sequence[Any] = ()) -> None:
        columns, self._rows, self.rowcount = self._connection.run(sql, arguments)
        self.description = [(name, oid, *[None] * 5) for name, oid in columns] or None

    def executemany(self, sql: str, many: Sequence[Sequence[Any]]) -> None:
        for arguments in many:
            self.execute(sql, arguments)

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.fetchmany(len(self._rows))

    def close(self) -> None:
        self._rows = []


def connect(conninfo: str) -> Connection:
    return Connection(conninfo)


def _to_text(value: Any) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return str(value).encode()


def _from_text(value: bytes, oid: int) -> Any:
    if oid in _INTEGERS:
        return int(value)
    if oid == _BYTES:
        return bytes.fromhex(value[2:].decode())
    return value == b"t" if oid == _BOOL else value.decode()


def Binary(value: bytes) -> bytes:  # noqa: N802  (its name in PEP 249)
    return value


class Dialect(PGDialect):
    driver = "libpq"
    default_paramstyle = "numeric_dollar"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        return sys.modules[__name__]

    def create_connect_args(self, url: Any) -> Any:
        parts = {"dbname": url.database, "user": url.username, "host": url.host, "port": url.port, **url.query}
        return [" ".join(f"{name}={value}" for name, value in parts.items() if value)], {}
