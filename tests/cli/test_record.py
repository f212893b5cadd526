"""Looking at the record, choosing from it, adding to it: ``mesogun journal``."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.identity import Home
from mesogun.journal import open_journal
from mesogun.record import events as ev
from tests.cli.command import Command
from tests.journal.samples import gun_found, note, planned, treatment

FIRST, SECOND = "00000000000000a1", "00000000000000a2"
OTHER_GUN = "00000000000000ff"
WORDS = "eight or more"


@pytest.fixture
def station(mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Two visits of two subjects with two guns on two days, and a practitioner with a signing key."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{WORDS}\n"))
    added = mesogun("operator", "add", "Ada", "--role", "practitioner", "--passphrase-stdin")
    assert added.code == 0, added.err
    mesogun("operator", "use", "Ada")
    with open_journal(path(mesogun.folder), ManualClock(datetime(2026, 1, 30, 12, tzinfo=UTC))) as record:
        record.append(treatment("s-0001"), treatment=FIRST, epoch=None)
    with open_journal(path(mesogun.folder), ManualClock(datetime(2026, 1, 31, 12, tzinfo=UTC))) as record:
        record.append([planned("s-0002"), gun_found(OTHER_GUN), note()], treatment=SECOND, epoch=None)
    return mesogun


def path(folder: Path) -> Path:
    return folder / "state" / "journal.db"


def listed(done_out: str) -> list[str]:
    return [line.split()[0] for line in done_out.splitlines()]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), [FIRST, SECOND]),
        (("--subject", "s-0002"), [SECOND]),
        (("--gun", OTHER_GUN), [SECOND]),
        (("--since", "2026-01-31"), [SECOND]),
        (("--until", "2026-01-30"), [FIRST]),
        (("--until", "2026-01-30T12:00"), []),
        (("--since", "2026-01-30T13:00+01:00"), [FIRST, SECOND]),
        (("--subject", "s-0001", "--gun", OTHER_GUN), []),
    ],
)
def test_list_and_export_choose_alike(words: tuple[str, ...], names: list[str], station: Command) -> None:
    assert listed(station("journal", "list", *words).out) == names
    exported = [json.loads(line) for line in station("journal", "export", *words).out.splitlines()]
    assert sorted({row["treatment"] for row in exported}) == names


def test_show_tells_every_event_in_words(station: Command) -> None:
    shown = station("journal", "show", FIRST).out
    assert len(shown.splitlines()) == 10
    assert "fired                record 1, shot 1: done, 20 µL of 20 µL" in shown
    assert "ended                complete  (op-1)" in shown
    assert FIRST not in shown, "one treatment was asked for"
    assert station("journal", "show", "--kind", "NoteAdded").out.split()[2] == SECOND


def test_a_replay_without_a_screen_is_what_show_tells(station: Command) -> None:
    assert station("replay", FIRST, "--plain").out == station("journal", "show", FIRST).out
    assert station("replay", FIRST, "--json").out == station("journal", "show", FIRST, "--json").out
    assert station("replay", "00000000000000ee", "--plain").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--since", "yesterday"),
        ("show", "--until", "2026-13-01"),
        ("show", "00000000000000ee"),
        ("export", "00000000000000ee"),
        ("export", "--kind", "Rumour"),
        ("note", FIRST, "  "),
        ("note", "00000000000000ee", "x"),
        ("sign", "999", "--meaning", "x", "--passphrase-stdin"),
        ("sign", "1", "--meaning", " ", "--passphrase-stdin"),
        ("settle", "--shot", "1", "--why", "x"),
        ("settle", FIRST, "--shot", "1", "--lost-gun", "g", "--why", "x"),
    ],
)
def test_bad_words_are_one_line_and_change_nothing(words: tuple[str, ...], station: Command) -> None:
    with open_journal(path(station.folder), ManualClock(), read_only=True) as record:
        before = record.head()
    done = station("journal", *words)
    assert done.code == 2
    assert done.complaint
    with open_journal(path(station.folder), ManualClock(), read_only=True) as record:
        assert record.head() == before


def test_a_note_is_kept_with_who_wrote_it(station: Command) -> None:
    ada = Home.open().operators.get("Ada")
    assert station("journal", "note", FIRST, "called: all is well").out == f"row 14: noted by {ada.reference}\n"
    with open_journal(path(station.folder), ManualClock(), read_only=True) as record:
        assert [*record.rows()][-1].event == ev.NoteAdded("called: all is well", ada.reference)


def test_a_row_is_signed_shown_and_verified(station: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{WORDS}\n"))
    done = station("journal", "sign", "3", "--meaning", "saw the gun", "--passphrase-stdin")
    assert done.code == 0, done.err
    assert "row 3 signed by op-" in done.out
    lines = station("journal", "show", FIRST).out.splitlines()
    assert "saw the gun" in lines[3], "below the row that it is on"
    assert station("journal", "verify").code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("another passphrase\n"))
    assert station("journal", "sign", "4", "--meaning", "x", "--passphrase-stdin").code == 5


def test_verify_says_how_far_signatures_reach(station: Command) -> None:
    assert "no signature of a station covers it" in station("journal", "verify").out
    station("journal", "note", FIRST, "x")
    assert "signed to the end" in station("journal", "verify").out
    found = json.loads(station("journal", "verify", "--deep", "--json").out)
    assert (found["ok"], found["events"], found["first_bad"]) == (True, 14, None)
    assert found["head"]["seq"] == 14
