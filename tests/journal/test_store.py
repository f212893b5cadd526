"""Appending, taking, fencing, reading: the contract of an open journal."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.clock import ManualClock
from mesogun.errors import RecordError
from mesogun.journal import Fenced, Journal, JournalBusy, index, open_journal, store
from mesogun.record import encode, fold_all
from tests.journal.samples import OTHER, TREATMENT, loaded, note, shot, treatment
from tests.trace import req


def test_what_is_appended_is_there_after_reopening(path: Path) -> None:
    events = treatment()
    with open_journal(path, ManualClock()) as journal:
        assert journal.append(events, treatment=TREATMENT, epoch=None) == len(events)
    with open_journal(path, ManualClock(), read_only=True) as journal:
        rows = list(journal.rows())
    assert [row.event for row in rows] == events
    assert [row.seq for row in rows] == list(range(1, len(events) + 1))
    assert {row.at for row in rows} == {"2026-01-05T09:00:00.000Z"}
    assert [row.prev_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]


def test_live_state_is_replayed_state(journal: Journal) -> None:
    events = treatment(shots=5)
    for event in events:
        journal.append([event], treatment=TREATMENT, epoch=None)
    assert fold_all(row.event for row in journal.rows(TREATMENT)) == fold_all(events)


def test_rows_by_treatment_and_after(journal: Journal) -> None:
    for name in (TREATMENT, OTHER, TREATMENT):
        journal.append([note(name)], treatment=name, epoch=None)
    assert [row.seq for row in journal.rows(TREATMENT)] == [1, 3]
    assert [row.seq for row in journal.rows(after=1)] == [2, 3]
    assert [row.seq for row in journal.rows(OTHER, after=2)] == []


def test_many_rows_come_page_by_page_and_those_appended_meanwhile_follow(journal: Journal) -> None:
    journal.append([note(str(n)) for n in range(1100)], treatment=TREATMENT, epoch=None)
    rows = journal.rows()
    first = next(rows)
    journal.append([note("late")], treatment=TREATMENT, epoch=None)
    assert [first.seq, *(row.seq for row in rows)] == list(range(1, 1102))


def test_head_is_the_last_row(journal: Journal) -> None:
    empty = journal.head()
    assert empty.seq == 0
    journal.append([note(), note()], treatment=TREATMENT, epoch=None)
    *_, last = journal.rows()
    assert (journal.head().seq, journal.head().hash) == (2, last.hash)
    assert str(journal.head()) == f"2:{last.hash}"
    assert next(journal.rows()).prev_hash == empty.hash


def test_two_journals_have_chains_that_do_not_fit(tmp_path: Path) -> None:
    with open_journal(tmp_path / "a", ManualClock()) as a, open_journal(tmp_path / "b", ManualClock()) as b:
        assert a.head() != b.head()


@req("H11")
def test_a_fenced_runner_writes_nothing(path: Path) -> None:
    with open_journal(path, ManualClock()) as first, open_journal(path, ManualClock()) as second:
        old = first.take(TREATMENT, "station-1")
        first.append([note()], treatment=TREATMENT, epoch=old)
        first.release(TREATMENT)
        new = second.take(TREATMENT, "station-2")
        assert new == old + 1
        with pytest.raises(Fenced, match="taken over"):
            first.append([loaded(1)], treatment=TREATMENT, epoch=old)
        assert second.append([note()], treatment=TREATMENT, epoch=new) == 2
        assert second.verify().ok


@req("H11")
def test_an_epoch_that_was_never_given_is_fenced(journal: Journal) -> None:
    with pytest.raises(Fenced):
        journal.append([note()], treatment=TREATMENT, epoch=1)
    journal.take(OTHER, "s")
    with pytest.raises(Fenced):
        journal.append([note()], treatment=TREATMENT, epoch=1)


@req("H11")
def test_a_treatment_in_other_hands_is_not_taken(path: Path) -> None:
    with open_journal(path, ManualClock()) as first, open_journal(path, ManualClock()) as second:
        epoch = first.take(TREATMENT, "station-1")
        with pytest.raises(JournalBusy, match="another program"):
            second.take(TREATMENT, "station-2")
        first.append([note()], treatment=TREATMENT, epoch=epoch)
        assert second.take(OTHER, "station-2") == 1
        first.close()
        assert second.take(TREATMENT, "station-2") == epoch + 1


@req("H11")
def test_the_lock_dies_with_its_process(path: Path) -> None:
    code = (
        "import sys, os\n"
        "from mesogun.clock import ManualClock\n"
        "from mesogun.journal import open_journal\n"
        "journal = open_journal(sys.argv[1], ManualClock())\n"
        f"print(journal.take({TREATMENT!r}, 'other'), flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "1"
        with open_journal(path, ManualClock()) as journal:
            with pytest.raises(JournalBusy):
                journal.take(TREATMENT, "me")
            other.kill()
            other.wait()
            assert journal.take(TREATMENT, "me") == 2


def test_taking_again_raises_the_epoch_and_keeps_the_lock(journal: Journal) -> None:
    assert [journal.take(TREATMENT, "s") for _ in range(3)] == [1, 2, 3]
    with pytest.raises(Fenced):
        journal.append([note()], treatment=TREATMENT, epoch=2)


def test_lock_files_are_removed(path: Path) -> None:
    with open_journal(path, ManualClock()) as journal:
        journal.take(TREATMENT, "s")
        assert [other.name for other in path.parent.iterdir() if "runner" in other.name]
    assert [other.name for other in path.parent.iterdir()] == [path.name]


def test_threads_share_commits_and_lose_nothing(journal: Journal) -> None:
    epoch = journal.take(TREATMENT, "s")
    fenced: list[str] = []

    def write(name: int) -> None:
        for n in range(20):
            journal.append([note(f"{name}-{n}")], treatment=TREATMENT, epoch=epoch)
            try:
                journal.append([note("never")], treatment=TREATMENT, epoch=epoch + 1)
            except Fenced as error:
                fenced.append(str(error))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    texts = [getattr(row.event, "text", "") for row in journal.rows()]
    assert sorted(texts) == sorted(f"{name}-{n}" for name in range(8) for n in range(20))
    for name in range(8):
        assert [text for text in texts if text.startswith(f"{name}-")] == [f"{name}-{n}" for n in range(20)]
    assert len(fenced) == 160
    assert journal.verify().ok


def test_an_interrupt_in_a_commit_tells_those_who_waited_and_leaves_the_journal_usable(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([note("before")], treatment=TREATMENT, epoch=None)

    def interrupted(*_: Any) -> set[str]:
        raise KeyboardInterrupt

    batches = [
        store._Batch([event], [("NoteAdded", encode(event))], OTHER, None, "t") for event in (note("1"), note("2"))
    ]
    with monkeypatch.context() as patch:
        patch.setattr(index, "enter", interrupted)
        with pytest.raises(KeyboardInterrupt):
            journal._commit(batches)
    assert [batch.done and "interrupted" in str(batch.error) for batch in batches] == [True, True]
    assert journal.append([note("after")], treatment=TREATMENT, epoch=None) == 2
    assert journal.verify(deep=True).ok


def test_what_an_interrupt_left_open_is_rolled_back(journal: Journal) -> None:
    driver = journal.writer.connection.driver_connection
    assert driver is not None
    driver.execute("BEGIN IMMEDIATE")
    assert journal.append([note()], treatment=TREATMENT, epoch=None) == 1
    journal.writer.begin()
    assert journal.append([note()], treatment=TREATMENT, epoch=None) == 2


def test_another_process_reads_while_this_one_writes(path: Path, journal: Journal) -> None:
    journal.append([note("one")], treatment=TREATMENT, epoch=None)
    with open_journal(path, ManualClock(), read_only=True) as reader:
        assert [row.seq for row in reader.rows()] == [1]
        journal.append([note("two")], treatment=TREATMENT, epoch=None)
        assert [row.seq for row in reader.rows(after=1)] == [2]
        with pytest.raises(RecordError, match="reading only"):
            reader.append([note()], treatment=TREATMENT, epoch=None)
        with pytest.raises(RecordError, match="reading only"):
            reader.take(TREATMENT, "s")


def test_nothing_is_appended_to_a_closed_journal(journal: Journal) -> None:
    journal.close()
    journal.close()
    with pytest.raises(RecordError, match="closed"):
        journal.append([note()], treatment=TREATMENT, epoch=None)


def test_an_empty_append_is_a_mistake(journal: Journal) -> None:
    with pytest.raises(ValueError, match="at least one"):
        journal.append([], treatment=TREATMENT, epoch=None)


def test_treatments_are_listed(journal: Journal) -> None:
    assert journal.treatments() == ()
    journal.append(treatment("s-0001"), treatment=TREATMENT, epoch=None)
    journal.append([note()], treatment=OTHER, epoch=None)
    first, second = journal.treatments()
    assert (first.treatment, first.first_seq, first.ended) == (TREATMENT, 1, "complete")
    assert (first.subject, first.agent, first.guns) == ("s-0001", "saline", ("00000000000000a1",))
    assert (second.treatment, second.subject, second.guns, second.ended) == (OTHER, "", (), "")


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from([TREATMENT, OTHER]), st.integers(1, 4)), min_size=1, max_size=12))
def test_any_interleaving_makes_one_chain(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[str, int]]
) -> None:
    clock = ManualClock()
    path = tmp_path_factory.mktemp("any") / "j"
    expected = []
    with open_journal(path, clock) as journal:
        for name, count in batches:
            clock.advance_us(1_500)
            events = [shot(n) for n in range(1, count + 1)]
            journal.append(events, treatment=name, epoch=None)
            expected += [(name, event) for event in events]
        assert [(row.treatment, row.event) for row in journal.rows()] == expected
        verdict = journal.verify()
        assert verdict.ok
        assert verdict.events == len(expected)
        assert verdict.head == journal.head()
