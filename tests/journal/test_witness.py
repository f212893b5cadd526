"""A copy put in the place of a journal shows; and no name of a person gets near one."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import MesogunError, RecordError
from mesogun.identity import Home, Role, check_subject, new_subject
from mesogun.journal import (
    Filter,
    backup,
    check_continued,
    journal_at,
    known_heads,
    open_journal,
    remember,
    restore,
    verify_at,
    write_csv,
    write_json_lines,
)
from mesogun.record.events import HandedOver, RunnerStarted
from tests.journal.samples import OTHER, TREATMENT, note, planned, treatment
from tests.journal.tampering import behind, rewrite
from tests.trace import req

CANARY = "Zyxkowska-Canary"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_a_journal_that_goes_on_is_fine(path: Path, home: Home) -> None:
    clock = ManualClock()
    with open_journal(path, clock) as journal:
        check_continued(journal, home.station)
        assert known_heads(journal, home.station) == ()
        remember(journal, home.station, clock.utc())
        check_continued(journal, home.station)
        journal.append(treatment(), treatment=TREATMENT, epoch=None)
        head = remember(journal, home.station, clock.utc())
        journal.append([note()], treatment=TREATMENT, epoch=None)
        check_continued(journal, home.station)
        assert known_heads(journal, home.station) == (head,)


@req("H9")
def test_an_older_copy_in_its_place_is_refused_and_a_restore_is_not(path: Path, tmp_path: Path, home: Home) -> None:
    clock = ManualClock()
    with open_journal(path, clock) as journal:
        journal.append(treatment(), treatment=TREATMENT, epoch=None)
        backup(journal, tmp_path / "copy", clock)
        journal.append([note()], treatment=TREATMENT, epoch=None)
        remember(journal, home.station, clock.utc())
    shutil.copy(tmp_path / "copy", path)
    with open_journal(path, clock) as journal:
        with pytest.raises(RecordError, match=r"ends at row 10, but this station saw row 11.*journal restore"):
            check_continued(journal, home.station)
        assert not journal.verify(heads=known_heads(journal, home.station)).ok
    restore(tmp_path / "copy", tmp_path / "back", clock, operator="op-1")
    with open_journal(tmp_path / "back", clock) as journal:
        check_continued(journal, home.station)


def test_a_rewritten_journal_is_refused(path: Path, home: Home) -> None:
    clock = ManualClock()
    with open_journal(path, clock) as journal:
        journal.append(treatment(), treatment=TREATMENT, epoch=None)
        remember(journal, home.station, clock.utc())
    rewrite(path, lambda rows: [*rows[:4], rows[4] | {"body": rows[3]["body"]}, *rows[5:]], rehash=True)
    with open_journal(path, clock) as journal:
        assert journal.verify().ok, "the chain was made to fit"
        with pytest.raises(RecordError, match="rewritten"):
            check_continued(journal, home.station)


def test_a_station_opens_signs_remembers_and_verifies(path: Path, tmp_path: Path, home: Home) -> None:
    clock = ManualClock()
    with journal_at(home, path, clock) as journal:
        journal.append(treatment(), treatment=TREATMENT, epoch=None)
    with journal_at(home, path, clock, read_only=True) as journal:
        verdict = verify_at(home, journal, deep=True)
        assert (verdict.ok, verdict.events, verdict.signed_to) == (True, 10, 10)
        assert [head.seq for head in known_heads(journal, home.station)] == [10]
    stranger = Home(tmp_path / "stranger")
    stranger.signing_key()
    with open_journal(path, clock, read_only=True) as journal:
        assert "a key not known here" in verify_at(stranger, journal).reason
    rewrite(path, lambda rows: rows[:4], rehash=True)
    with behind(path) as connection:
        connection.execute("DELETE FROM checkpoints")
    with pytest.raises(RecordError, match="older copy"), journal_at(home, path, clock, read_only=True):
        pass
    with open_journal(path, clock, read_only=True) as journal:
        assert verify_at(home, journal).first_bad == 1
        assert verify_at(stranger, journal).ok, "never signed, and nobody there remembers it"


def test_a_journal_of_an_older_version_has_no_memory_yet(path: Path, home: Home) -> None:
    shutil.copy(Path(__file__).parent / "fixtures" / "v1.mesogun", path)
    with journal_at(home, path, ManualClock(), read_only=True) as journal:
        assert verify_at(home, journal).ok
    with journal_at(home, path, ManualClock()) as journal:
        journal.append([note()], treatment=TREATMENT, epoch=None)
    with journal_at(home, path, ManualClock(), read_only=True) as journal:
        assert verify_at(home, journal, deep=True).signed_to == 21


def test_no_name_of_a_person_in_file_export_or_error(path: Path, tmp_path: Path, home: Home) -> None:
    """Operators with telling names carry out, hand over and end a treatment, and things go wrong on the way."""
    anna = home.operators.add(f"Anna {CANARY}", Role.PRACTITIONER)
    ben = home.operators.add(f"Ben {CANARY}", Role.PRACTITIONER)
    clock = ManualClock()
    said: list[str] = []

    def fail(call: Callable[[], object]) -> None:
        with pytest.raises(MesogunError) as caught:
            call()
        said.append(str(caught.value))

    with open_journal(path, clock, signer=home.signing_key()) as journal:
        fail(lambda: check_subject(f"{CANARY} 1980"))
        subject = check_subject(new_subject())
        epoch = journal.take(TREATMENT, "station-1")
        journal.append(
            [planned(subject), RunnerStarted(epoch, "station-1", anna.reference, "0.1.0")],
            treatment=TREATMENT,
            epoch=epoch,
        )
        journal.append([HandedOver(anna.reference, ben.reference)], treatment=TREATMENT, epoch=epoch)
        journal.append(treatment(subject)[2:], treatment=TREATMENT, epoch=epoch)
        fail(lambda: journal.append([note(CANARY)], treatment=TREATMENT, epoch=epoch + 1))
        fail(lambda: home.operators.unlock(f"Ben {CANARY}", "not a passphrase"))
        driver = journal.writer.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA max_page_count = 1")
        fail(lambda: journal.append([note(CANARY + "x" * 50_000)], treatment=OTHER, epoch=None))
        driver.execute("PRAGMA max_page_count = 100000")
        stream = io.StringIO()
        write_json_lines(journal.rows(), stream)
        write_csv(journal.rows(chosen=Filter(subject=subject)), stream)
        backup(journal, tmp_path / "copy", clock)
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    for name in ("Zyxkowska", "Anna", CANARY):
        assert name.encode() not in written
        assert name not in stream.getvalue()
        assert not [text for text in said if name in text]
    assert anna.reference.encode() in written
