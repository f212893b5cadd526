"""A power cut at any moment loses nothing that was acknowledged; a failing disk acknowledges nothing.

Two ways: what the unmodified engine wrote and synced is recorded and every disk that a cut may leave is rebuilt
(``disk``); and the disk fails under the living engine at each of its steps.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import RecordError
from mesogun.identity import Signer
from mesogun.journal import Journal, open_journal, opening
from mesogun.journal.engine import sqlite_engine
from mesogun.record import Event
from tests.journal import disk, vfs
from tests.journal.samples import OTHER, TREATMENT, note, treatment
from tests.trace import req

NAME = "journal.mesogun"
KEY = Signer.from_seed(bytes(range(32)))


@dataclass(frozen=True, slots=True)
class Recording:
    """A reference treatment: the file before it, every step, and what had been acknowledged when."""

    start: dict[str, bytes]
    steps: list[vfs.Step]
    events: list[Event]


def carry_out(journal: Journal, shim: vfs.Shim, acknowledged: list[Event]) -> None:
    """Take a treatment and write it event by event, as a runner does; then a batch larger than a page."""
    # Small, so that checkpoints of the WAL into the file happen in the middle of the treatment.
    journal.writer.connection.driver_connection.execute("PRAGMA wal_autocheckpoint = 12")  # type: ignore[union-attr]
    epoch = journal.take(TREATMENT, "station-1")
    shim.mark("epoch")
    for event in treatment(shots=12):
        journal.append([event], treatment=TREATMENT, epoch=epoch)
        acknowledged.append(event)
        shim.mark("event")
    batch: list[Event] = [note("x" * 700) for _ in range(10)]
    journal.append(batch, treatment=OTHER, epoch=None)
    acknowledged += batch
    for _ in batch:
        shim.mark("event")
    journal.close()


def new_journal(path: Path) -> dict[str, bytes]:
    open_journal(path, ManualClock(), signer=KEY).close()
    return {path.name: path.read_bytes()}


@pytest.fixture
def shim(monkeypatch: pytest.MonkeyPatch) -> Iterator[vfs.Shim]:
    with vfs.shim("recorder") as made:
        monkeypatch.setattr(opening, "sqlite_engine", functools.partial(sqlite_engine, vfs="recorder"))
        yield made
        monkeypatch.undo()


@pytest.fixture
def recording(path: Path, shim: vfs.Shim) -> Recording:
    start = new_journal(path)
    shim.steps.clear()
    acknowledged: list[Event] = []
    carry_out(open_journal(path, ManualClock(), signer=KEY), shim, acknowledged)
    steps = list(shim.steps)
    assert disk.replay(start, steps).left_behind(random.Random(0), 1, 0) == {path.name: path.read_bytes()}
    return Recording(start, steps, acknowledged)


def check_cut(recording: Recording, cut: int, files: dict[str, bytes], folder: Path) -> None:
    """Open what the cut left, and look whether everything acknowledged before it is there."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    marks = [step.file for step in recording.steps[:cut] if step.what == "mark"]
    acknowledged = marks.count("event")
    with open_journal(folder / NAME, ManualClock()) as journal:
        verdict = journal.verify(keys=[KEY.public_key], deep=True)
        assert verdict.ok, (cut, verdict.reason)
        found = [row.event for row in journal.rows()]
        assert found[:acknowledged] == recording.events[:acknowledged], cut
        assert found == recording.events[: len(found)], "never half of a transaction, never anything else"
        assert journal.take(TREATMENT, "station-2") >= 1 + marks.count("epoch"), cut
        journal.append([note("after")], treatment=TREATMENT, epoch=None)
        assert journal.verify().ok
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()


WAYS = [(0.0, 0.0), (1.0, 0.0), (0.5, 0.0), (0.0, 1.0), (0.4, 0.4)]


def cuts(recording: Recording) -> list[int]:
    """Before the first step, and after each that touched the disk."""
    touching = [at for at, step in enumerate(recording.steps, start=1) if step.what != "mark"]
    return [0, *touching]


def run_cuts(recording: Recording, chosen: list[tuple[int, tuple[float, float]]], folder: Path) -> int:
    for number, (cut, (keep, tear)) in enumerate(chosen):
        # A mark follows its commit at once; between the two the event is durable and nobody knows.
        state = disk.replay(recording.start, recording.steps[:cut])
        check_cut(recording, cut, state.left_behind(random.Random(number), keep, tear), folder / str(number))
    return len(chosen)


@req("MG-28")
def test_power_cuts_lose_nothing_acknowledged(recording: Recording, tmp_path: Path) -> None:
    every = list(itertools.product(cuts(recording), WAYS))
    chosen = random.Random(1).sample(every, 60)
    assert run_cuts(recording, chosen, tmp_path) == 60


@req("MG-28")
@pytest.mark.soak
@pytest.mark.timeout(900)
def test_power_cuts_at_every_step_in_every_way(recording: Recording, tmp_path: Path) -> None:
    every = list(itertools.product(cuts(recording), WAYS))
    assert run_cuts(recording, every, tmp_path) >= 1000


def test_the_recording_is_worth_cutting(recording: Recording) -> None:
    """It syncs the WAL for every acknowledgement, checkpoints into the file, and resets the WAL."""
    kinds = [(step.what, step.file.removeprefix(NAME)) for step in recording.steps]
    assert kinds.count(("sync", "-wal")) >= len(recording.events) - 9
    assert kinds.count(("sync", "")) >= 3
    assert ("write", "") in kinds
    assert ("delete", "-wal") in kinds
    for at, step in enumerate(recording.steps):
        if step.what == "mark" and recording.steps[at - 1].what != "mark":
            before = [other for other in recording.steps[:at] if other.what != "mark"]
            last_wal = next(other for other in reversed(before) if other.file.endswith("-wal"))
            assert last_wal.what in {"sync", "write"}
            assert disk.replay(recording.start, recording.steps[:at]).pending.get(f"{NAME}-wal", []) == []


def test_without_syncs_the_harness_finds_losses(recording: Recording, tmp_path: Path) -> None:
    """The harness must be able to fail: forget the syncs of the WAL and acknowledged events are gone."""
    deaf = [step for step in recording.steps if step.what != "sync"]
    broken = Recording(recording.start, deaf, recording.events)
    with pytest.raises(AssertionError):
        run_cuts(broken, [(cut, (0.0, 0.0)) for cut in cuts(broken)[-20:]], tmp_path)


def test_events_that_wait_together_share_one_sync(path: Path, shim: vfs.Shim) -> None:
    """So that 16 writers get 200 events a second from a disk that syncs 12.5 times a second."""
    with open_journal(path, ManualClock()) as journal:
        journal.append([note("before")], treatment=TREATMENT, epoch=None)
        shim.steps.clear()
        with journal._commit_lock:  # as if a commit were on its way
            writers = [
                threading.Thread(
                    target=journal.append, args=([note(str(n))],), kwargs={"treatment": OTHER, "epoch": None}
                )
                for n in range(16)
            ]
            for writer in writers:
                writer.start()
            while len(journal._waiting) < 16:
                pass
        for writer in writers:
            writer.join()
        assert [step.what for step in shim.steps].count("sync") == 1
        assert journal.head().seq == 17


class Failing:
    """Fails at step ``number``, and from then on when ``for_good``."""

    def __init__(self, number: int, code: int, *, for_good: bool) -> None:
        self.number, self.code, self.for_good = number, code, for_good
        self.count = 0

    def __call__(self, step: vfs.Step) -> int:
        self.count += 1
        failing = self.count > self.number if self.for_good else self.count == self.number + 1
        return self.code if failing else vfs.OK


@req("MG-28")
@pytest.mark.parametrize("code", [vfs.IOERR_WRITE, vfs.IOERR_FSYNC, vfs.FULL])
@pytest.mark.parametrize("number", range(0, 60, 7))
def test_a_disk_that_dies_acknowledges_nothing_more(path: Path, shim: vfs.Shim, number: int, code: int) -> None:
    check_dying_disk(path, shim, number, code)


@req("MG-28")
@pytest.mark.soak
@pytest.mark.parametrize("code", [vfs.IOERR_WRITE, vfs.IOERR_FSYNC, vfs.FULL])
def test_a_disk_that_dies_at_every_step(path: Path, shim: vfs.Shim, code: int) -> None:
    for number in range(200):
        check_dying_disk(path.with_name(f"{number}"), shim, number, code)


def check_dying_disk(path: Path, shim: vfs.Shim, number: int, code: int) -> None:
    shim.fault = lambda _: vfs.OK
    new_journal(path)
    acknowledged: list[Event] = []
    journal = open_journal(path, ManualClock(), signer=KEY)
    shim.fault = Failing(number, code, for_good=True)
    with pytest.raises(RecordError) as caught:
        carry_out(journal, shim, acknowledged)
    assert "\n" not in str(caught.value)
    with pytest.raises(RecordError):
        journal.append([note()], treatment=OTHER, epoch=None)
    with contextlib.suppress(RecordError):
        journal.close()
    shim.fault = lambda _: vfs.OK
    with open_journal(path, ManualClock()) as healthy:
        found = [row.event for row in healthy.rows()]
        reference = [*treatment(shots=12), *[note("x" * 700)] * 10]
        assert found == reference[: len(found)]
        # Of the one that was refused nobody knew: it is there whole, or not at all.
        assert len(found) - len(acknowledged) in {0, 1, 10}
        assert healthy.verify(keys=[KEY.public_key], deep=True).ok
        healthy.append([note("after")], treatment=OTHER, epoch=None)


@pytest.mark.parametrize("number", range(0, 60, 7))
def test_a_disk_that_is_full_for_a_moment(path: Path, shim: vfs.Shim, number: int) -> None:
    """The refused append left nothing, the others everything, and the journal goes on without reopening."""
    with open_journal(path, ManualClock()) as journal:
        failing = Failing(number, vfs.FULL, for_good=False)
        written, refused = [], []
        shim.fault = failing
        for n in range(30):
            event = note(f"{n} " + "x" * 300)
            try:
                journal.append([event], treatment=TREATMENT, epoch=None)
                written.append(event)
            except RecordError as error:
                refused.append(str(error))
        assert failing.count > number
        assert len(refused) == 1
        assert "full" in refused[0]
        assert [row.event for row in journal.rows()] == written
        assert journal.verify(deep=True).ok
    assert len(written) == 29
