"""Filters, following, exports, totals: looking at a journal without disturbing it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import struct
from datetime import timedelta
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import InputError
from mesogun.journal import Filter, Journal, open_journal, write_csv, write_json_lines
from mesogun.record import Ledger, fold_all, read_history
from mesogun.record.events import NoteAdded, Settled
from tests.journal.samples import GUN, HIGH_NL, OTHER, TREATMENT, gun_found, loaded, note, planned, shot, treatment
from tests.trace import req

OTHER_GUN = "00000000000000e5"


def test_rows_by_subject_gun_date_and_kind(path: Path) -> None:
    clock = ManualClock()
    start = clock.utc()
    with open_journal(path, clock) as journal:
        journal.append(treatment("s-0001"), treatment=TREATMENT, epoch=None)
        clock.advance_us(86_400_000_000)
        journal.append([planned("s-0002"), gun_found(OTHER_GUN), note()], treatment=OTHER, epoch=None)

        def found(**chosen: object) -> list[int]:
            return [row.seq for row in journal.rows(chosen=Filter(**chosen))]  # type: ignore[arg-type]

        assert found(subject="s-0001") == list(range(1, 11))
        assert found(subject="s-0002") == [11, 12, 13]
        assert found(subject="nobody") == []
        assert found(gun=GUN) == list(range(1, 11))
        assert found(gun=OTHER_GUN) == [11, 12, 13]
        assert found(gun="%") == []
        day = timedelta(days=1)
        assert found(until=start + day) == list(range(1, 11))
        assert found(since=start + day) == [11, 12, 13]
        assert found(since=start, until=start) == []
        assert found(kinds=["ShotRecorded"]) == [5, 7, 9]
        assert found(kinds=["NoteAdded", "GunFound"], treatment=OTHER) == [12, 13]


def test_following_sees_rows_as_they_come_and_waits_on_the_clock(journal: Journal) -> None:
    journal.append([note("0")], treatment=TREATMENT, epoch=None)

    class Writing(ManualClock):
        """While the follower waits, the treatment goes on."""

        def sleep_us(self, duration_us: int) -> None:
            super().sleep_us(duration_us)
            journal.append([note(str(self.monotonic_us()))], treatment=TREATMENT, epoch=None)

    clock = Writing()
    assert journal.path is not None
    with open_journal(journal.path, clock, read_only=True) as reader:
        seen: list[str] = []
        for row in reader.follow(poll_us=50, stop=lambda: clock.monotonic_us() >= 200):
            assert isinstance(row.event, NoteAdded)
            seen.append(row.event.text)
    assert seen == ["0", "50", "100", "150"]


def test_a_reader_in_the_middle_of_its_rows_delays_no_writer(path: Path) -> None:
    with open_journal(path, ManualClock(), wait_s=0) as writer:
        writer.append([note(str(n)) for n in range(2000)], treatment=TREATMENT, epoch=None)
        with open_journal(path, ManualClock(), read_only=True) as reader:
            rows = reader.rows()
            next(rows)
            assert writer.append([note()], treatment=TREATMENT, epoch=None) == 2001
            with reader.snapshot() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one()
                assert writer.append([note()], treatment=TREATMENT, epoch=None) == 2002
            assert sum(1 for _ in rows) == 2001


def test_json_lines_let_anyone_check_the_chain(journal: Journal) -> None:
    """The recipe of docs/journal.md, written out here a second time."""
    journal.append(treatment(), treatment=TREATMENT, epoch=None)
    journal.append([note('ä "quoted" \n line')], treatment=OTHER, epoch=journal.take(OTHER, "s"))
    stream = io.StringIO()
    assert write_json_lines(journal.rows(), stream) == 11
    last = hashlib.sha256(b"mesogun journal 1\0" + journal.journal_id.encode()).hexdigest()
    for text in stream.getvalue().splitlines():
        line = json.loads(text)
        body = json.dumps(line["event"], sort_keys=True, separators=(",", ":")).encode()
        epoch = -1 if line["epoch"] is None else line["epoch"]
        frame = b"mesogun row 1\0" + struct.pack(">Qq", line["seq"], epoch)
        for part in (line["at"].encode(), line["treatment"].encode(), line["event"]["kind"].encode(), body):
            frame += struct.pack(">I", len(part)) + part
        assert line["prev_hash"] == last
        last = hashlib.sha256(frame + bytes.fromhex(last)).hexdigest()
        assert line["hash"] == last
    assert last == journal.head().hash


def test_csv_of_everything_and_of_one_kind(journal: Journal) -> None:
    journal.append(treatment(), treatment=TREATMENT, epoch=None)
    stream = io.StringIO()
    assert write_csv(journal.rows(), stream) == 10
    table = list(csv.DictReader(io.StringIO(stream.getvalue())))
    assert [row["kind"] for row in table][:3] == ["TreatmentPlanned", "RunnerStarted", "GunFound"]
    assert json.loads(table[0]["event"])["subject"] == "s-0001"
    assert table[-1]["hash"] == journal.head().hash
    shots = io.StringIO()
    assert write_csv(journal.rows(), shots, kind="ShotRecorded") == 3
    table = list(csv.DictReader(io.StringIO(shots.getvalue())))
    assert [row["high_nl"] for row in table] == [str(HIGH_NL)] * 3
    runners = io.StringIO()
    write_csv(journal.rows(), runners, kind="RunnerStarted")
    assert runners.getvalue().splitlines()[0].startswith("seq,at,treatment,epoch,kind,event_epoch,station")
    with pytest.raises(InputError, match="no event of kind 'Nope'"):
        write_csv(journal.rows(), shots, kind="Nope")


def test_a_cell_is_never_a_formula(journal: Journal) -> None:
    for text in ("=1+1", "+1", "-1", "@x", "plain"):
        journal.append([note(text)], treatment=TREATMENT, epoch=None)
    stream = io.StringIO()
    write_csv(journal.rows(), stream, kind="NoteAdded")
    assert [row["text"] for row in csv.DictReader(io.StringIO(stream.getvalue()))] == [
        *("'=1+1", "'+1", "'-1", "'@x", "plain")
    ]


def test_totals_are_those_of_the_fold(path: Path) -> None:
    with open_journal(path, ManualClock()) as journal:
        journal.append(treatment("s-0001", 5), treatment=TREATMENT, epoch=None)
        journal.append([planned("s-0001"), gun_found(), loaded(1)], treatment=OTHER, epoch=None)
        done, running = journal.totals("s-0001")
        expected = fold_all(treatment("s-0001", 5)).ledger
        assert (Ledger(done.low_nl, done.high_nl), done.ended, done.agent) == (expected, "complete", "saline")
        assert (running.low_nl, running.high_nl, running.ended) == (0, HIGH_NL, "")
        assert journal.totals("nobody") == ()
        assert journal.verify(deep=True).ok
        journal.append([shot(1)], treatment=OTHER, epoch=None)
        assert journal.totals("s-0001")[1].high_nl == HIGH_NL
    with open_journal(path, ManualClock(), read_only=True) as reader:
        assert reader.totals("s-0001")[0] == done


@req("H1")
def test_the_history_of_a_gun_is_that_of_the_whole_journal(journal: Journal) -> None:
    third, new = "00000000000000e6", "00000000000000f7"
    journal.append(treatment("s-0001"), treatment=TREATMENT, epoch=None)
    journal.append([planned("s-0002"), gun_found(OTHER_GUN), note()], treatment=OTHER, epoch=None)
    journal.append([planned("s-0003"), gun_found(), gun_found(OTHER_GUN), loaded(7)], treatment=third, epoch=None)
    journal.append([planned("s-0004")], treatment=new, epoch=None)
    whole = read_history((row.treatment, row.event) for row in journal.rows())
    found = journal.history(treatment=new, gun=GUN)
    assert {key: memory for key, memory in whole.guns.items() if key[0] == GUN} == {
        key: memory for key, memory in found.guns.items() if key[0] == GUN
    }
    assert found.treatments == {name: whole.treatments[name] for name in (TREATMENT, third, new)}
    assert journal.history(treatment=new, gun="0" * 16).treatments == {new: whole.treatments[new]}


def test_a_kept_total_gives_way_to_later_events(journal: Journal) -> None:
    journal.append(treatment("s-0001", 2), treatment=TREATMENT, epoch=None)
    (before,) = journal.totals("s-0001")
    journal.append([loaded(3)], treatment=TREATMENT, epoch=None)
    (after,) = journal.totals("s-0001")
    assert after.high_nl == before.high_nl + HIGH_NL
    journal.append([Settled("x", GUN, "m", 9, 0, 0, "op-1", "why"), note()], treatment=TREATMENT, epoch=None)
    assert journal.totals("s-0001") == (after,)
    assert journal.verify(deep=True).ok
