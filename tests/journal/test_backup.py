"""Backup while running, restore in a new generation, and what must be read before anything is loaded (H9)."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import InputError, MustSettle, RecordError
from mesogun.identity import Signer
from mesogun.journal import Journal, backup, open_journal, restore
from mesogun.record.events import EntrySettled, GapFound, GunFound, GunGivenUp, Restored, TreatmentEnded
from tests.journal.samples import GUN, MEMORY, OTHER, TREATMENT, gun_found, loaded, note, planned, shot, treatment
from tests.journal.tampering import behind
from tests.trace import req

KEY = Signer.from_seed(bytes(range(32)))


def found_again(last_shot_no: int) -> GunFound:
    fields = {name: getattr(gun_found(), name) for name in GunFound.__slots__}
    return GunFound(**(fields | {"baseline": False, "last_shot_no": last_shot_no}))


def open_treatment(journal: Journal) -> None:
    """Planned, gun found, one of two loaded shots recorded."""
    events = [planned(), gun_found(), loaded(1), shot(1), loaded(2)]
    journal.append(events, treatment=TREATMENT, epoch=None)


def test_a_backup_is_the_journal(journal: Journal, tmp_path: Path) -> None:
    journal.append(treatment(), treatment=TREATMENT, epoch=None)
    verdict = backup(journal, tmp_path / "copy", ManualClock())
    assert verdict.ok
    assert verdict.head == journal.head()
    with open_journal(tmp_path / "copy", ManualClock(), read_only=True) as copy:
        assert list(copy.rows()) == list(journal.rows())
        assert copy.journal_id == journal.journal_id
    assert sorted(path.name for path in tmp_path.iterdir() if "-" not in path.name) == ["copy", "journal.mesogun"]


def test_a_backup_while_another_thread_writes_is_a_whole_beginning(journal: Journal, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            journal.append([note("x" * 500)], treatment=TREATMENT, epoch=None)

    journal.append([note()], treatment=TREATMENT, epoch=None)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        verdicts = [backup(journal, tmp_path / f"copy{n}", ManualClock()) for n in range(5)]
    finally:
        stop.set()
        writer.join()
    assert all(verdict.ok for verdict in verdicts)
    hashes = {row.seq: row.hash for row in journal.rows()}
    assert [hashes[verdict.head.seq] for verdict in verdicts] == [verdict.head.hash for verdict in verdicts]


def test_a_backup_never_overwrites(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        backup(journal, tmp_path / "copy", ManualClock())
    assert (tmp_path / "copy").read_text() == "mine"


def test_a_backup_of_a_tampered_journal_is_not_kept(path: Path, tmp_path: Path) -> None:
    with open_journal(path, ManualClock()) as journal:
        journal.append(treatment(), treatment=TREATMENT, epoch=None)
    with behind(path) as connection:
        connection.execute("UPDATE events SET at = 'x' WHERE seq = 3")
    before = {other.name for other in tmp_path.iterdir()}
    with (
        open_journal(path, ManualClock()) as journal,
        pytest.raises(RecordError, match="row 3 was changed"),
    ):
        backup(journal, tmp_path / "copy", ManualClock())
    with pytest.raises(RecordError, match="row 3 was changed"):
        restore(path, tmp_path / "back", ManualClock(), operator="op-1")
    assert {other.name for other in tmp_path.iterdir()} == before


def test_a_restore_checks_signatures_when_keys_are_known(path: Path, tmp_path: Path) -> None:
    with open_journal(path, ManualClock(), signer=KEY) as journal:
        journal.append(treatment(), treatment=TREATMENT, epoch=None)
    other = Signer.from_seed(bytes(32)).public_key
    with pytest.raises(RecordError, match="a key not known here"):
        restore(path, tmp_path / "back", ManualClock(), operator="op-1", keys=[other])
    assert restore(path, tmp_path / "back", ManualClock(), operator="op-1", keys=[KEY.public_key]).ok


def test_a_foreign_file_is_not_restored(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 5000)
    with pytest.raises(RecordError, match="no journal"):
        restore(tmp_path / "f", tmp_path / "back", ManualClock(), operator="op-1")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@req("H9")
def test_a_restored_journal_is_a_new_generation_and_says_so(journal: Journal, tmp_path: Path) -> None:
    journal.append(treatment(), treatment=TREATMENT, epoch=None)
    backup(journal, tmp_path / "copy", ManualClock())
    before = (tmp_path / "copy").read_bytes()
    verdict = restore(tmp_path / "copy", tmp_path / "back", ManualClock(), operator="op-1")
    assert (tmp_path / "copy").read_bytes() == before
    with open_journal(tmp_path / "back", ManualClock()) as back:
        generation = back.generation()
        assert generation.restored
        assert generation.id != journal.generation().id
        assert generation.seq == verdict.head.seq == 10
        assert back.verify(heads=[journal.head()], deep=True).ok
        *_, last = back.rows()
        assert last.seq == 11
        assert last.event == Restored(generation.id, str(journal.head()), "op-1")


@req("H9")
def test_nothing_is_loaded_before_the_gun_with_an_open_treatment_was_read(journal: Journal, tmp_path: Path) -> None:
    open_treatment(journal)
    backup(journal, tmp_path / "copy", ManualClock())
    # What the backup does not know: the second shot was fired.
    restore(tmp_path / "copy", tmp_path / "back", ManualClock(), operator="op-1")
    with open_journal(tmp_path / "back", ManualClock()) as back:
        assert back.unread_guns() == (GUN,)
        for name in (TREATMENT, OTHER):
            with pytest.raises(MustSettle, match=f"gun {GUN}"):
                back.append([note(), loaded(3)], treatment=name, epoch=None)
        assert back.append([found_again(last_shot_no=2)], treatment=TREATMENT, epoch=None) == 7
        assert back.unread_guns() == (GUN,), "found is not read"
        back.append([shot(2)], treatment=TREATMENT, epoch=None)
        assert back.unread_guns() == ()
        back.append([loaded(3)], treatment=TREATMENT, epoch=None)


@req("H1", "H9")
def test_a_gun_with_another_memory_has_told_nothing(journal: Journal, tmp_path: Path) -> None:
    open_treatment(journal)
    backup(journal, tmp_path / "copy", ManualClock())
    restore(tmp_path / "copy", tmp_path / "back", ManualClock(), operator="op-1")
    with open_journal(tmp_path / "back", ManualClock()) as back:
        serviced = replace(found_again(last_shot_no=0), memory="0" * 15 + "7", baseline=True)
        back.append([serviced], treatment=OTHER, epoch=None)
        assert back.unread() == ((TREATMENT, GUN),)
        with pytest.raises(MustSettle):
            back.append([loaded(3)], treatment=TREATMENT, epoch=None)
        back.append([GunGivenUp(GUN, 60_000, "op-1", "its memory was lost")], treatment=TREATMENT, epoch=None)
        assert back.unread() == ()


@req("H9")
def test_reading_counts_after_reopening_too(journal: Journal, tmp_path: Path) -> None:
    open_treatment(journal)
    backup(journal, tmp_path / "copy", ManualClock())
    restore(tmp_path / "copy", tmp_path / "back", ManualClock(), operator="op-1")
    with (
        open_journal(tmp_path / "back", ManualClock()) as back,
        pytest.raises(MustSettle),
    ):
        back.append([loaded(3)], treatment=TREATMENT, epoch=None)
    with open_journal(tmp_path / "back", ManualClock()) as back:
        with pytest.raises(MustSettle):
            back.append([loaded(3)], treatment=TREATMENT, epoch=None)
        gap = GapFound(GUN, MEMORY, 1, 4, 0, 60_000, 80_000)
        back.append([found_again(last_shot_no=3), gap], treatment=TREATMENT, epoch=None)
        back.append([loaded(3)], treatment=TREATMENT, epoch=None)


@req("H9")
def test_a_treatment_ended_after_the_restore_still_has_an_unread_gun(journal: Journal, tmp_path: Path) -> None:
    open_treatment(journal)
    backup(journal, tmp_path / "copy", ManualClock())
    restore(tmp_path / "copy", tmp_path / "back", ManualClock(), operator="op-1")
    with open_journal(tmp_path / "back", ManualClock()) as back:
        back.append([TreatmentEnded("ended early", "op-1")], treatment=TREATMENT, epoch=None)
        assert back.unread_guns() == (GUN,)


@req("H9", "H14")
def test_a_gun_that_will_never_be_read_is_given_up_by_an_operator_only(journal: Journal, tmp_path: Path) -> None:
    open_treatment(journal)
    given_up_before = GunGivenUp(GUN, 0, "op-1", "mislaid")
    journal.append([given_up_before], treatment=TREATMENT, epoch=None)
    backup(journal, tmp_path / "copy", ManualClock())
    restore(tmp_path / "copy", tmp_path / "back", ManualClock(), operator="op-1")
    with open_journal(tmp_path / "back", ManualClock()) as back:
        assert back.unread_guns() == (GUN,)
        back.append([EntrySettled(GUN, MEMORY, 2, "hello")], treatment=TREATMENT, epoch=None)
        assert back.unread_guns() == (GUN,)
        back.append([GunGivenUp(GUN, 60_000, "op-1", "stolen")], treatment=OTHER, epoch=None)
        assert back.unread() == ((TREATMENT, GUN),), "given up for another treatment only"
        back.append([GunGivenUp(GUN, 60_000, "op-1", "stolen")], treatment=TREATMENT, epoch=None)
        assert back.unread_guns() == ()
        back.append([loaded(3)], treatment=OTHER, epoch=None)


def test_closed_treatments_leave_no_gun_to_read(journal: Journal, tmp_path: Path) -> None:
    journal.append(treatment(), treatment=TREATMENT, epoch=None)
    backup(journal, tmp_path / "copy", ManualClock())
    restore(tmp_path / "copy", tmp_path / "back", ManualClock(), operator="op-1")
    with open_journal(tmp_path / "back", ManualClock()) as back:
        assert back.unread_guns() == ()
        back.append([loaded(1)], treatment=OTHER, epoch=None)


def test_a_live_journal_asks_for_no_gun(journal: Journal) -> None:
    open_treatment(journal)
    assert journal.unread_guns() == ()
    assert journal.generation().number == 1
