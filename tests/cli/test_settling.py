"""What only a person can settle, through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesogun.cli import people
from mesogun.clock import ManualClock
from mesogun.errors import MustSettle
from mesogun.gun import connect
from mesogun.journal import open_journal
from mesogun.limits import Cap, Clearance
from mesogun.record import Ledger, Mark
from mesogun.record import events as ev
from tests.cli.command import Command
from tests.journal.samples import gun_found
from tests.record.strategies import loaded, planned, shot
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


def clearance(limit_nl: int) -> str:
    """A clearance as the record holds it, with one hard cap."""
    return Clearance(
        plan_hash="h",
        protocol_id="p",
        protocol_sha256="x",
        subject="s-1",
        operator="op-1",
        agent="agent",
        gun_kind="simulated",
        at="2026-01-01T00:00:00+00:00",
        planned_nl=100_000,
        caps=(Cap("treatment_ml.hard_high", limit_nl, True, "the clinic"),),
        max_point_nl=20_500,
        max_points=None,
        min_shot_interval_ms=0,
        demonstration=False,
    ).to_text()


@req("H8", "H10", "H14")
def test_each_open_question_has_a_way_out(station: Command) -> None:
    shown = station("journal", "settle", TREATMENT).out
    assert station("journal", "settle").out == shown, "the only treatment with a question"
    assert "0 of 5 shots have an outcome on record" in shown
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
    assert station("journal", "settle").out == "nothing to settle in any treatment\n"
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


@req("H8", "H14")
def test_an_unknown_outcome_is_taken_at_its_upper_end(station: Command) -> None:
    unknown = shot(6, 8, 2, outcome="INDETERMINATE", delivered_nl=4_000)
    with open_journal(journal(station.folder), ManualClock()) as record:
        record.append([loaded(8, 2), unknown], treatment=TREATMENT, epoch=None)
    before = ledger(station.folder)
    assert "how much shot 3 gave" in station("journal", "settle", TREATMENT).out
    words = ("journal", "settle", TREATMENT, "--shot", "6", "--why", "a bleb as the others")
    assert station(*words, "--given-ul", "4").code == 5, "nobody narrows it without evidence"
    assert station(*words).code == 0
    assert ledger(station.folder) == before
    assert "how much shot 3 gave" not in station("journal", "settle", TREATMENT).out
    assert station(*words).code == 5, "nothing is open there any more"


@req("H8")
def test_the_same_shot_number_on_two_guns_needs_a_gun(station: Command) -> None:
    with open_journal(journal(station.folder), ManualClock()) as record:
        both = [shot(6, 8 + n, 2 + n, outcome="INDETERMINATE", gun=gun) for n, gun in enumerate(("a", "b"))]
        record.append(both, treatment=TREATMENT, epoch=None)
    words = ("journal", "settle", TREATMENT, "--shot", "6", "--why", "looked")
    assert station(*words).code == 2
    assert station(*words, "--gun", "b").code == 0
    shown = station("journal", "settle", TREATMENT).out
    assert "how much shot 3 gave" in shown
    assert "how much shot 4 gave" not in shown


@req("H9", "H14")
def test_a_gun_lost_after_a_restore_counts_up_to_the_limit(station: Command) -> None:
    """The backup ended before the gun fired; the gun was stolen before anybody could read it."""
    limit_nl = 70_000
    begun = [planned(), ev.PlanCleared("h", "op-1", clearance(limit_nl)), gun_found("stolen")]
    old, new = station.folder / "old", station.folder / "new"
    with open_journal(old, ManualClock()) as record:
        record.append([*begun, loaded(1, 0, gun="stolen")], treatment=TREATMENT, epoch=None)
    told = station("journal", "restore", str(old), str(new)).out
    assert f"gun stolen had treatment {TREATMENT} open" in told
    with open_journal(new, ManualClock()) as record, pytest.raises(MustSettle, match="journal settle"):
        record.append([loaded(9, 3)], treatment="00000000000000ff", epoch=None)
    where = ("--journal", str(new))
    assert "after the backup" in station("journal", "settle", *where).out
    done = station("journal", "settle", TREATMENT, *where, "--lost-gun", "stolen", "--why", "burglary")
    assert done.code == 0, done.err
    assert "after the backup up to" in done.out
    with open_journal(new, ManualClock()) as record:
        assert record.state(TREATMENT).ledger == Ledger(0, limit_nl)
        record.append([loaded(9, 3)], treatment="00000000000000ff", epoch=None)
    assert station("journal", "settle", *where).out == "nothing to settle in any treatment\n"


@req("H10")
def test_a_gun_is_released_from_a_treatment_whose_journal_is_gone(station: Command) -> None:
    gone = 0x0B17
    port = f"sim://standard?seed=5&nvm={station.folder / 'gun.nvm'}"
    with connect(port, keys=people.gun_keys()) as gun:
        gun.open_treatment(gone)
    words = ("gun", "release", "--port", port, "--why", "the laptop burned")
    assert station(*words, "--operator", "Tom").code == 5, "a technician may not settle"
    with open_journal(journal(station.folder), ManualClock()) as record:
        record.append([planned()], treatment=f"{gone:016x}", epoch=None)
    refused = station(*words)
    assert refused.code == 5
    assert f"treat --resume {gone:016x}" in refused.complaint
    with open_journal(journal(station.folder), ManualClock()) as record:
        record.append([ev.TreatmentEnded("ended early", "op-1")], treatment=f"{gone:016x}", epoch=None)
    done = station(*words)
    assert done.code == 0, done.err
    assert f"released from treatment {gone:016x}" in done.out
    assert "bound to no treatment" in station(*words).out
