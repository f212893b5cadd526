"""A treatment killed at any moment goes on from the journal, on another computer or from an old backup.

The production runner on a simulated gun in virtual time. A kill is an exception that nothing survives: after it neither
journal nor gun hears another word from that runner, not even STOP.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesogun.cli import visit
from mesogun.errors import MustSettle
from mesogun.gun import Gun
from mesogun.journal import Journal, backup, open_journal, restore
from mesogun.record import Mark, TreatmentState
from mesogun.record import events as ev
from mesogun.treatment import Snapshot
from sim.world import find
from tests.trace import req
from tests.treatment import visits

HOUR_US = 3_600_000_000


class Killed(BaseException):
    """The end of a process, as far as one process can show it."""


class Kill:
    """Kills at the ``number``-th of the calls that matter, before or after it did its work."""

    def __init__(self, number: int, *, after: bool) -> None:
        self.number, self.after = number, after
        self.count = 0
        self.dead = False

    def around(self, target: Any, names: tuple[str, ...], patch: pytest.MonkeyPatch) -> None:
        for name in names:
            patch.setattr(target, name, self._wrapped(getattr(target, name)))

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if self.dead:
                raise Killed
            self.count += 1
            if self.count == self.number:
                self.dead = True
                if self.after:
                    call(*arguments, **options)
                raise Killed
            return call(*arguments, **options)

        return wrapped


def told_the_truth(world: str) -> visits.Operator:
    """An operator to whom every look says an interval that holds what the gun has given by then."""

    def paints(snapshot: Snapshot) -> bool:
        given_nl = round(find(world).truth.dispensed_nl)  # priming apart
        assert given_nl in snapshot.state.ledger, "the screen was wrong"
        return True

    return visits.Operator(paints=paints)


def run_until_killed(gun: Gun, record: Journal, begun: visit.Begun, kill: Kill, world: str) -> bool:
    """Whether the kill came before the end."""
    with pytest.MonkeyPatch.context() as patch:
        kill.around(record, ("append",), patch)
        kill.around(gun, ("load", "ack", "arm", "hello", "log"), patch)
        patch.setattr(gun, "stop", lambda: None if kill.dead else gun.link.stop())
        try:
            visits.run(gun, record, begun, told_the_truth(world))
        except Killed:
            return True
    return False


def given_once(state: TreatmentState, record: Journal, world: str) -> None:
    """The ledger holds the gun's truth, and nothing stands in the journal twice."""
    assert round(find(world).truth.dispensed_nl) in state.ledger  # priming apart
    records = Counter(
        (row.event.gun, row.event.memory, row.event.shot_no)
        for row in record.rows()
        if isinstance(row.event, ev.ShotRecorded)
    )
    assert set(records.values()) == {1}
    entries = Counter(row.event.entry_no for row in record.rows() if isinstance(row.event, ev.MagazineLoaded))
    assert set(entries.values()) == {1}
    assert max(state.fired.values()) == 1, "no point was given twice"
    assert record.verify(deep=True).ok


def kill_and_resume(folder: Path, world: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Killed until it is done, each time resumed on another computer: another home, the same journal; how often."""
    choice = random.Random(seed)
    for life in range(40):
        monkeypatch.setenv("MESOGUN_HOME", str(folder / f"computer-{life}"))
        with visits.open_gun(visits.port(seed, world)) as gun, visits.open_record(folder, gun) as record:
            # A kill right behind the last commit leaves nothing to resume: the treatment had ended on record.
            over = record.state(visits.TREATMENT).ended is not None
            kill = Kill(choice.randint(1, 60), after=choice.random() < 0.5)
            if not over:
                begun = visits.begin(gun, record) if life == 0 else visit.recall(record, None)
                over = not run_until_killed(gun, record, begun, kill, world)
            if over:
                state = record.state(visits.TREATMENT)
                assert state.ended == "complete"
                given_once(state, record, world)
                return life
    raise AssertionError("it never came to an end")


@req("H5", "H9", "MG-34")
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_and_resumed_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    assert kill_and_resume(tmp_path, f"killed-{seed}", seed, monkeypatch) >= 1


@pytest.mark.soak
def test_killed_at_many_random_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kills = 0
    for seed in range(100, 120):
        (tmp_path / f"{seed}").mkdir()
        kills += kill_and_resume(tmp_path / f"{seed}", f"killed-{seed}", seed, monkeypatch)
    assert kills >= 20


def kill_and_restore(folder: Path, world: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup early on, a kill later, an hour goes by, and only the backup is left."""
    choice = random.Random(seed)
    monkeypatch.setenv("MESOGUN_HOME", str(folder / "home"))
    saved, last = folder / "backup", choice.randint(20, 60)
    early = choice.randint(4, last // 2)
    with visits.open_gun(visits.port(seed, world)) as gun, visits.open_record(folder, gun) as record:
        begun = visits.begin(gun, record)
        append, count = record.append, 0

        def appended(*arguments: Any, **options: Any) -> int:
            nonlocal count
            count += 1
            seq = append(*arguments, **options)
            if count == early and not saved.exists():
                backup(record, saved, gun.clock)
            return seq

        monkeypatch.setattr(record, "append", appended)
        killed = run_until_killed(gun, record, begun, Kill(last, after=choice.random() < 0.5), world)
        monkeypatch.undo()
        monkeypatch.setenv("MESOGUN_HOME", str(folder / "home"))
        assert killed
        known = record.state(visits.TREATMENT)
        if not saved.exists():
            backup(record, saved, gun.clock)
        gun.clock.sleep_us(HOUR_US)
    back = folder / "back"
    with visits.open_gun(visits.port(seed, world)) as gun:
        restore(saved, back, gun.clock, operator="op-demo")
        with open_journal(back, gun.clock) as record:
            if record.unread_guns():
                with pytest.raises(MustSettle, match="restored from a backup"):
                    record.append([LOADED], treatment=visits.TREATMENT, epoch=None)
            state = visits.run(gun, record, visit.recall(record, None), told_the_truth(world))
            assert record.unread_guns() == ()
            assert state.ended == "complete"
            assert {state.mark(index) for index in known.fired} <= {Mark.GIVEN, Mark.PARTIAL, Mark.INDETERMINATE}
            given_once(state, record, world)


LOADED = ev.MagazineLoaded("0" * 16, "0" * 16, 1, 0, "TREAT", 1, 1, 1)


@req("H9")
@pytest.mark.parametrize("seed", range(3))
def test_killed_and_resumed_from_an_old_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    kill_and_restore(tmp_path, f"restored-{seed}", seed, monkeypatch)


@pytest.mark.soak
def test_killed_and_resumed_from_many_old_backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(100, 120):
        (tmp_path / f"{seed}").mkdir()
        kill_and_restore(tmp_path / f"{seed}", f"restored-{seed}", seed, monkeypatch)
