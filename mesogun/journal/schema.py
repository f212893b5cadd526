"""The tables of a journal and the steps from one version to the next.

Forward only, and no step ever rebuilds or rewrites ``events``: what was written stays as it was written.
Not responsible for opening files (``mesogun.journal.opening``).
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa

# The four bytes at offset 68 of a SQLite file that say whose it is: "MESO".
APPLICATION_ID = 0x4D45534F
VERSION = 3

metadata = sa.MetaData()

# In SQLite only INTEGER PRIMARY KEY is the row id itself; elsewhere 64 bits must be asked for.
_Seq = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

events = sa.Table(
    "events",
    metadata,
    sa.Column("seq", _Seq, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("treatment", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("prev_hash", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Index("events_by_treatment", "treatment", "seq"),
)

epochs = sa.Table(
    "epochs",
    metadata,
    sa.Column("treatment", sa.Text, primary_key=True),
    sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("number", _Seq, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# Version 2. Each life of the journal: made, or restored from a backup (rule H9).
generations = sa.Table(
    "generations",
    metadata,
    sa.Column("number", _Seq, primary_key=True, autoincrement=False),
    sa.Column("generation", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)

# Version 2. What the events say, for quick looking: can be rebuilt from them at any time, and is not evidence.
treatments = sa.Table(
    "treatments",
    metadata,
    sa.Column("treatment", sa.Text, primary_key=True),
    sa.Column("first_seq", sa.BigInteger, nullable=False),
    sa.Column("first_at", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("guns", sa.Text, nullable=False),
    sa.Column("ended", sa.Text, nullable=False),
    sa.Column("folded_seq", sa.BigInteger, nullable=False),
    sa.Column("low_nl", sa.BigInteger, nullable=False),
    sa.Column("high_nl", sa.BigInteger, nullable=False),
)

# Version 3. What people signed with their own keys.
signatures = sa.Table(
    "signatures",
    metadata,
    sa.Column("number", _Seq, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("meaning", sa.Text, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
)

APPEND_ONLY = (events, epochs, checkpoints, generations, signatures)


def create(connection: sa.Connection, journal_id: str, at: str, *, empty: bool = False) -> None:
    """Make a journal of the current version; with ``empty`` only its tables, to be filled with another's rows."""
    metadata.create_all(connection)
    for table in APPEND_ONLY:
        guard(connection, table.name)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    if not empty:
        rows = {"journal_id": journal_id, "created_at": at, "version": str(VERSION)}
        connection.execute(meta.insert(), [{"key": key, "value": value} for key, value in rows.items()])
        begin_generation(connection, at, 0, "made")


def version_of(connection: sa.Connection) -> int:
    """The version of an open journal; 0 when it says none."""
    if connection.dialect.name == "sqlite":
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    stored = connection.execute(sa.select(meta.c.value).where(meta.c.key == "version")).scalar_one_or_none()
    return 0 if stored is None else int(stored)


def add_version_2(connection: sa.Connection, at: str) -> None:
    """From version 1: generations and the list of treatments (to be filled by who calls)."""
    metadata.create_all(connection, tables=[generations, treatments])
    guard(connection, generations.name)
    begin_generation(connection, at, 0, "made")


def add_version_3(connection: sa.Connection) -> None:
    """From version 2: signatures of people."""
    metadata.create_all(connection, tables=[signatures])
    guard(connection, signatures.name)


def begin_generation(connection: sa.Connection, at: str, seq: int, why: str) -> None:
    """Start a new life of the journal after row ``seq``, under a new random id."""
    last = connection.execute(sa.select(sa.func.max(generations.c.number))).scalar_one() or 0
    row = {"number": last + 1, "generation": secrets.token_hex(8), "at": at, "seq": seq, "why": why}
    connection.execute(generations.insert(), row)


def stamp(connection: sa.Connection) -> None:
    """Raise the version of an older journal to the current one."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    connection.execute(meta.delete().where(meta.c.key == "version"))
    connection.execute(meta.insert(), {"key": "version", "value": str(VERSION)})


def guard(connection: sa.Connection, table: str) -> None:
    """Let the database itself refuse to change rows: against accidents, not against attackers (the chain is)."""
    if connection.dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    else:
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION mesogun_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION mesogun_append_only()"
        )
