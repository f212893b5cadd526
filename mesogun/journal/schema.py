"""The tables of a journal and the steps from one version to the next.

Forward only, and no step ever rebuilds or rewrites ``events``: what was written stays as it was written.
Not responsible for opening files (``mesogun.journal.opening``).
"""

from __future__ import annotations

import sqlalchemy as sa

# The four bytes at offset 68 of a SQLite file that say whose it is: "MESO".
APPLICATION_ID = 0x4D45534F
VERSION = 1

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

APPEND_ONLY = (events, epochs, checkpoints)


def create(connection: sa.Connection, journal_id: str, created_at: str) -> None:
    """Make an empty journal of the current version."""
    metadata.create_all(connection)
    for table in APPEND_ONLY:
        guard(connection, table.name)
    connection.execute(
        meta.insert(),
        [
            {"key": "journal_id", "value": journal_id},
            {"key": "created_at", "value": created_at},
            {"key": "version", "value": str(VERSION)},
        ],
    )
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


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
