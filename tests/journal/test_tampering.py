"""Every way of changing what is written, and the row that ``verify`` names for it."""
# ruff: noqa: S608 (the attacker writes SQL)

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.identity import Signer
from mesogun.journal import Head, Verdict, chain, checkpoints, open_journal
from tests.journal.samples import OTHER, TREATMENT, note, shot, treatment
from tests.journal.tampering import Stored, behind, rewrite

KEY = Signer.from_seed(bytes(range(32)))
THIEF = Signer.from_seed(bytes(32))
ROWS = 20


@pytest.fixture
def written(path: Path) -> Path:
    """20 rows; signed when empty, after row 10, and when closed."""
    with open_journal(path, ManualClock(), signer=KEY) as journal:
        epoch = journal.take(TREATMENT, "station-1")
        journal.append(treatment(), treatment=TREATMENT, epoch=epoch)
        journal.checkpoint()
        journal.append([note(str(n)) for n in range(10)], treatment=OTHER, epoch=None)
    return path


def look(path: Path, *heads: Head, keys: tuple[bytes, ...] | None = (KEY.public_key,), deep: bool = False) -> Verdict:
    with open_journal(path, ManualClock(), read_only=True) as journal:
        return journal.verify(keys=keys, heads=heads, deep=deep)


def head_of(path: Path) -> Head:
    with open_journal(path, ManualClock(), read_only=True) as journal:
        return journal.head()


def test_an_untouched_journal_is_good(written: Path) -> None:
    verdict = look(written, head_of(written), deep=True)
    assert (verdict.ok, verdict.events, verdict.first_bad, verdict.reason) == (True, ROWS, None, "")
    assert verdict.signed_to == ROWS
    assert verdict.head == head_of(written)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2025-01-05T09:00:00.000Z"),
        ("treatment", OTHER),
        ("epoch", 2),
        ("epoch", None),
        ("kind", "Paused"),
        ("body", b"{}"),
        ("body", "a text where bytes were"),
        ("body", None),
        ("at", b"\xff\xfe"),
        ("hash", bytes(32)),
        ("hash", "text"),
        ("prev_hash", bytes(32)),
        ("prev_hash", b""),
    ],
)
@pytest.mark.parametrize("row", [1, 7, ROWS])
def test_an_edited_field_names_its_row(written: Path, column: str, value: object, row: int) -> None:
    with behind(written) as connection:
        # NOT NULL is part of the table; an attacker writes around it.
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'events'")
    with behind(written) as connection:
        (before,) = connection.execute(f"SELECT {column} FROM events WHERE seq = {row}").fetchone()
        if before == value:
            value = 7
        connection.execute(f"UPDATE events SET {column} = ? WHERE seq = {row}", (value,))
    verdict = look(written)
    assert (verdict.ok, verdict.first_bad) == (False, row)
    assert "changed" in verdict.reason
    assert "\n" not in verdict.reason


def test_every_single_byte_of_a_body_counts(written: Path) -> None:
    with behind(written) as connection:
        (body,) = connection.execute("SELECT body FROM events WHERE seq = 5").fetchone()
    for position in range(0, len(body), 17):
        flipped = bytearray(body)
        flipped[position] ^= 1
        with behind(written) as connection:
            connection.execute("UPDATE events SET body = ? WHERE seq = 5", (bytes(flipped),))
        assert look(written).first_bad == 5, position


def delete_row(rows: list[Stored]) -> list[Stored]:
    return rows[:6] + rows[7:]


def delete_and_renumber(rows: list[Stored]) -> list[Stored]:
    return [row | {"seq": seq} for seq, row in enumerate(delete_row(rows), start=1)]


def insert_row(rows: list[Stored]) -> list[Stored]:
    more = [*rows[:7], dict(rows[6]), *rows[7:]]
    return [row | {"seq": seq} for seq, row in enumerate(more, start=1)]


def insert_a_fitting_row(rows: list[Stored]) -> list[Stored]:
    """A new row 8 that is hashed correctly onto row 7; the rest moves up."""
    row = dict(rows[6], seq=8, prev_hash=rows[6]["hash"])
    fields = {name: value for name, value in row.items() if name != "hash"}
    row["hash"] = chain.row_hash(**fields)
    return [*rows[:7], row, *(later | {"seq": later["seq"] + 1} for later in rows[7:])]


def swap_rows(rows: list[Stored]) -> list[Stored]:
    first, second = rows[6] | {"seq": 8}, rows[7] | {"seq": 7}
    return [*rows[:6], second, first, *rows[8:]]


def swap_bodies(rows: list[Stored]) -> list[Stored]:
    first, second = rows[6] | {"body": rows[7]["body"]}, rows[7] | {"body": rows[6]["body"]}
    return [*rows[:6], first, second, *rows[8:]]


def exchange_and_hash_that_row(rows: list[Stored]) -> list[Stored]:
    row = rows[6] | {"body": b"{}"}
    fields = {name: value for name, value in row.items() if name != "hash"}
    return [*rows[:6], row | {"hash": chain.row_hash(**fields)}, *rows[7:]]


def cut_the_beginning(rows: list[Stored]) -> list[Stored]:
    return rows[6:]


def append_unchained(rows: list[Stored]) -> list[Stored]:
    return [*rows, rows[-1] | {"seq": ROWS + 1}]


@pytest.mark.parametrize(
    ("tamper", "first_bad"),
    [
        (delete_row, 7),
        (delete_and_renumber, 7),
        (insert_row, 8),
        (insert_a_fitting_row, 9),
        (swap_rows, 7),
        (swap_bodies, 7),
        (exchange_and_hash_that_row, 7),
        (cut_the_beginning, 1),
        (append_unchained, ROWS + 1),
    ],
)
def test_rows_deleted_inserted_moved(
    written: Path, tamper: Callable[[list[Stored]], list[Stored]], first_bad: int
) -> None:
    rewrite(written, tamper, rehash=False)
    verdict = look(written)
    assert (verdict.ok, verdict.first_bad) == (False, first_bad), verdict.reason


def test_rows_of_another_journal_do_not_fit(written: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with open_journal(other, ManualClock()) as journal:
        journal.append([note()] * ROWS, treatment=TREATMENT, epoch=None)
    with behind(other) as connection:
        stolen = connection.execute("SELECT * FROM events ORDER BY seq").fetchall()
    with behind(written) as connection:
        connection.execute("DELETE FROM events")
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", stolen)
    assert look(written, keys=None).first_bad == 1


def test_another_identity_of_the_journal_does_not_fit(written: Path) -> None:
    with behind(written) as connection:
        connection.execute("UPDATE meta SET value = 'ff' WHERE key = 'journal_id'")
    assert look(written).first_bad == 1


def test_truncation_shows_against_a_printed_head(written: Path) -> None:
    head = head_of(written)
    with behind(written) as connection:
        connection.execute("DELETE FROM events WHERE seq > 15")
        connection.execute("DELETE FROM checkpoints WHERE seq > 15")
    assert look(written).ok, "a shorter chain by itself is whole"
    verdict = look(written, head)
    assert (verdict.ok, verdict.first_bad) == (False, 16)
    assert "known head is at row 20" in verdict.reason


def test_truncation_shows_against_a_checkpoint_that_was_left(written: Path) -> None:
    rewrite(written, lambda rows: rows[:15], rehash=False)
    verdict = look(written)
    assert (verdict.ok, verdict.first_bad, verdict.signed_to) == (False, 16, 10)


def change_row_12(rows: list[Stored]) -> list[Stored]:
    return [*rows[:11], rows[11] | {"body": rows[10]["body"]}, *rows[12:]]


def test_a_full_rewrite_without_the_key_shows_at_its_checkpoint(written: Path) -> None:
    rewrite(written, change_row_12, rehash=True)
    verdict = look(written)
    assert (verdict.ok, verdict.first_bad, verdict.signed_to) == (False, 11, 10)
    assert "not those that checkpoint 3 signed" in verdict.reason


def test_a_full_rewrite_shows_against_a_printed_head_without_any_key(written: Path) -> None:
    head = head_of(written)
    rewrite(written, change_row_12, rehash=True)
    with behind(written) as connection:
        connection.execute("DELETE FROM checkpoints")
    assert look(written, keys=None).ok
    assert look(written, head, keys=None).first_bad == 1


def test_a_full_rewrite_with_its_checkpoints_removed(written: Path) -> None:
    rewrite(written, change_row_12, rehash=True)
    with behind(written) as connection:
        connection.execute("DELETE FROM checkpoints")
    verdict = look(written)
    assert (verdict.ok, verdict.first_bad) == (False, 1)
    assert "no checkpoint" in verdict.reason


def test_a_full_rewrite_signed_with_another_key(written: Path) -> None:
    rewrite(written, change_row_12, rehash=True)
    with behind(written) as connection:
        (journal_id,) = connection.execute("SELECT value FROM meta WHERE key = 'journal_id'").fetchone()
        (row_hash,) = connection.execute("SELECT hash FROM events WHERE seq = 20").fetchone()
        connection.execute("DELETE FROM checkpoints")
        signature = THIEF.sign(checkpoints.message(journal_id, 1, 20, "x", row_hash))
        connection.execute(
            "INSERT INTO checkpoints VALUES (1, 'x', 20, ?, ?, ?)", (row_hash, THIEF.public_key, signature)
        )
    assert look(written, keys=None).ok
    verdict = look(written)
    assert (verdict.ok, verdict.first_bad) == (False, 1)
    assert "a key not known here" in verdict.reason


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE checkpoints SET signature = zeroblob(64) WHERE number = 2", "signature does not fit"),
        ("UPDATE checkpoints SET signature = zeroblob(3) WHERE number = 2", "signature does not fit"),
        ("UPDATE checkpoints SET hash = zeroblob(32) WHERE number = 2", "signature does not fit"),
        ("UPDATE checkpoints SET seq = 9 WHERE number = 2", "signature does not fit"),
        ("UPDATE checkpoints SET at = '2020' WHERE number = 2", "signature does not fit"),
        ("DELETE FROM checkpoints WHERE number = 2", "checkpoint 2 is missing"),
        ("UPDATE checkpoints SET hash = 'text' WHERE number = 2", "cannot be read"),
    ],
)
def test_a_changed_checkpoint_is_noticed(written: Path, change: str, says: str) -> None:
    with behind(written) as connection:
        connection.execute(change)
    verdict = look(written)
    assert (verdict.ok, verdict.first_bad) == (False, 1)
    assert says in verdict.reason


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE treatments SET subject = 's-0002'",
        "UPDATE treatments SET low_nl = 1, high_nl = 1, folded_seq = 10",
        "DELETE FROM treatments WHERE subject <> ''",
        "UPDATE treatments SET treatment = 'x' WHERE subject = ''",
        "INSERT INTO treatments VALUES ('x', 9, '', '', '', '', '', 0, 0, 0)",
    ],
)
def test_the_list_of_treatments_is_held_against_the_events(written: Path, change: str) -> None:
    with behind(written) as connection:
        connection.execute(change)
    assert look(written).ok, "the list is no evidence"
    assert not look(written, deep=True).ok
    with open_journal(written, ManualClock()) as journal:
        journal.rebuild()
        assert journal.verify(deep=True).ok


def test_a_damaged_page_names_the_first_row_on_it(path: Path) -> None:
    with open_journal(path, ManualClock()) as journal:
        journal.append([shot(n) for n in range(1, 200)], treatment=TREATMENT, epoch=None)
    with behind(path) as connection:
        (page,) = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 5"
        ).fetchone()
        (cells,) = connection.execute(
            "SELECT sum(ncell) FROM (SELECT ncell FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' "
            "ORDER BY path LIMIT 5)"
        ).fetchone()
    with path.open("r+b") as stream:
        stream.seek((page - 1) * 4096)
        stream.write(os.urandom(64))
    verdict = look(path, keys=None)
    assert (verdict.ok, verdict.first_bad) == (False, cells + 1)
    assert "cannot be read" in verdict.reason


def test_the_database_itself_refuses_to_change_rows(written: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(written)
    for table in ("events", "checkpoints", "epochs", "generations"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(f"DELETE FROM {table}")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("UPDATE events SET at = 'x'")
    connection.close()
