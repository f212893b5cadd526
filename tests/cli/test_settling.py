"""What only a person can settle, through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.journal import open_journal
from mesogun.record import Ledger, Mark
from mesogun.record import events as ev
from tests.cli.command import Command
from tests.record.strategies import loaded, planned
from tests.trace import req

TREATMENT = "00000000000000a1"


@pytest.fixture
def station(mesogun: Command) -> Command:
    """A practitioner at the keyboard, and a treatment with two blocks at one shot and an entry on a lost gun."""
    mesogun("operator", "add", "Ada", "--role", "practitioner")
    mesogun("operator", "add", "Tom", "--role", "technician")
    mesogun("operator", "use", "Ada")
    gap = ev.GapFound("g", "m", 4, 5, 0, 500, 20_000)
    foreign = ev.ForeignRecorded("g", "m", 5, 4, "f" * 16, "TREAT", 20_000, 20_500, 40_000)
    with open_journal(journal(mesogun.folder), ManualClock()) as record:
        record.append([planned(), loaded(7, 1, gun="lost"), gap, foreign], treatment=TREATMENT, epoch=None)
    return mesogun


def journal(folder: Path) -> Path:
    return folder / "state" / "journal.db"


def ledger(folder: Path) -> Ledger:
    with open_journal(journal(folder), ManualClock(), read_only=True) as record:
        return record.state(TREATMENT).ledger


@req("H8", "H10", "H14")
def test_each_open_question_has_a_way_out(station: Command) -> None:
    shown = station("journal", "settle", TREATMENT).out
    assert "--what 'unattributed volume'" in shown
    assert "--what 'foreign record'" in shown
    assert "--lost-gun lost" in shown
    words = ("journal", "settle", TREATMENT, "--shot", "5", "--why", "asked the other room")
    assert station(*words, "--given-ul", "0").code == 2, "two blocks at one shot: say which"
    assert station(*words, "--given-ul", "0", "--what", "foreign record").code == 0
    assert station(*words, "--given-ul", "0.5", "--what", "unattributed volume").code == 0
    assert station("journal", "settle", TREATMENT, "--lost-gun", "lost", "--why", "fell into the sea").code == 0
    assert ledger(station.folder) == Ledger(500, 500 + 20_500)
    assert "nothing to settle" in station("journal", "settle", TREATMENT).out
    with open_journal(journal(station.folder), ManualClock(), read_only=True) as record:
        assert record.state(TREATMENT).mark(1) is Mark.INDETERMINATE


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--shot", "5", "--given-ul", "0"), 2),
        (("--shot", "9", "--given-ul", "0", "--why", "x"), 5),
        (("--shot", "5", "--what", "foreign record", "--given-ul", "99", "--why", "x"), 2),
        (("--shot", "5", "--what", "foreign record", "--given-ul", "1", "--why", "x", "--operator", "Tom"), 5),
        (("--lost-gun", "found", "--why", "x"), 2),
    ],
)
def test_what_cannot_be_settled_changes_nothing(words: tuple[str, ...], code: int, station: Command) -> None:
    before = ledger(station.folder)
    done = station("journal", "settle", TREATMENT, *words)
    assert done.code == code, done.err
    assert done.complaint
    assert ledger(station.folder) == before


@req("H11")
def test_nothing_is_settled_under_a_living_runner(station: Command) -> None:
    with open_journal(journal(station.folder), ManualClock()) as record:
        record.take(TREATMENT, "another station")
        done = station(
            "journal", "settle", TREATMENT, "--shot", "5", "--what", "foreign record", "--given-ul", "0", "--why", "x"
        )
    assert done.code == 7
