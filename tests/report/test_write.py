"""Reports and aftercare sheets on disk, from a real journal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import InputError, RecordError
from mesogun.journal import Journal, open_journal
from mesogun.protocol import bundled
from mesogun.record import events as ev
from mesogun.report import write_aftercare, write_report
from mesogun.report.place import put
from mesogun.units import mm_text
from tests.report import cases
from tests.report.pages import read


def journal_with(path: Path, events: list[ev.Event]) -> Journal:
    journal = open_journal(path, ManualClock())
    journal.append(events, treatment=cases.TREATMENT, epoch=None)
    return journal


def events_of(story: cases.Story) -> list[ev.Event]:
    return [event for _, event in story.events]


def test_report_is_written_once_and_the_same_twice(tmp_path: Path) -> None:
    with journal_with(tmp_path / "j.db", events_of(cases.quiet())) as journal:
        first = write_report(journal, cases.TREATMENT, tmp_path / "out" / "reports")
        page = first.read_bytes()
        assert write_report(journal, cases.TREATMENT, tmp_path / "out" / "reports") == first
        head = journal.head()
    assert first.name == f"report-{cases.TREATMENT}.html"
    assert first.read_bytes() == page
    assert head.hash in page.decode()
    assert sorted(item.name for item in first.parent.iterdir()) == [first.name]


def test_earlier_treatments_of_the_subject_stand_on_the_page_and_later_ones_do_not(tmp_path: Path) -> None:
    clock = ManualClock()
    with open_journal(tmp_path / "j.db", clock) as journal:
        for treatment in ("00000000000000a1", "00000000000000a2", "00000000000000a3"):
            journal.append(events_of(cases.quiet()), treatment=treatment, epoch=None)
            clock.advance_us(86_400_000_000)
        words = read(write_report(journal, "00000000000000a2", tmp_path).read_bytes()).words
    assert "5 January 2026 00000000000000a1 hyaluronic-acid complete 0.571 to 0.589 mL" in words
    assert "1 earlier treatment in this journal; with this one, at most 1.178 mL in all." in words
    assert "00000000000000a3" not in words


def test_the_previous_treatment_is_compared(tmp_path: Path) -> None:
    clock = ManualClock()
    wider = cases.Story(cases.a_plan(spacing_um=14_000)).begin()
    with open_journal(tmp_path / "j.db", clock) as journal:
        stories = (cases.quiet(), cases.quiet(), wider)
        for number, story in enumerate(stories, start=1):
            journal.append(events_of(story), treatment=f"{number:016x}", epoch=None)
            clock.advance_us(86_400_000_000)
        first, second, third = (
            read(write_report(journal, f"{number:016x}", tmp_path).read_bytes()) for number in (1, 2, 3)
        )
    assert (first.faults, second.faults, third.faults) == ([], [], [])
    assert "previous treatment" not in first.words
    assert f"The same plan as last time (5 January 2026, {1:016x} )" in second.words
    assert f"6 January 2026, {2:016x} , by the same protocol; only what differs." in third.words
    spacing = mm_text(stories[0].plan.spacing_um)
    assert f"Spacing {spacing} 14 mm Points" in third.words
    assert "Agent" not in third.words.split("only what differs.")[1].split("Ledger")[0]


def test_an_unknown_treatment_is_refused(tmp_path: Path) -> None:
    with (
        journal_with(tmp_path / "j.db", events_of(cases.quiet())) as journal,
        pytest.raises(InputError, match="holds no treatment ffff"),
    ):
        write_report(journal, "ffff", tmp_path)


def test_a_treatment_without_a_plan_is_refused(tmp_path: Path) -> None:
    with (
        journal_with(tmp_path / "j.db", [ev.NoteAdded("x", "op-1")]) as journal,
        pytest.raises(InputError, match="never planned"),
    ):
        write_report(journal, cases.TREATMENT, tmp_path)


def test_a_plan_with_another_hash_is_a_damaged_record(tmp_path: Path) -> None:
    first, *others = events_of(cases.quiet())
    assert isinstance(first, ev.TreatmentPlanned)
    with (
        journal_with(tmp_path / "j.db", [replace(first, plan_hash="00" * 32), *others]) as journal,
        pytest.raises(RecordError, match="does not have its recorded hash"),
    ):
        write_report(journal, cases.TREATMENT, tmp_path)
    assert list(tmp_path.glob("*.html")) == []


def test_a_folder_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written") as refusal:
        put(b"page", tmp_path / "file" / "out", "report-a.html")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["report-../x.html", "report-a/b.html", "a\n.html"])
def test_a_name_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name for a file"):
        put(b"page", tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_aftercare_of_a_treatment(tmp_path: Path) -> None:
    protocol = bundled("face-hydration-ha")
    first, *others = events_of(cases.quiet())
    assert isinstance(first, ev.TreatmentPlanned)
    planned = replace(first, protocol_sha256=protocol.sha256)
    with journal_with(tmp_path / "j.db", [planned, *others]) as journal:
        path = write_aftercare(journal, cases.TREATMENT, protocol, tmp_path)
        with pytest.raises(InputError, match="another version of protocol"):
            write_aftercare(journal, cases.TREATMENT, bundled("face-mesolift"), tmp_path)
        with pytest.raises(InputError, match="no planned treatment ffff"):
            write_aftercare(journal, "ffff", protocol, tmp_path)
    words = read(path.read_bytes()).words
    assert path.name == f"aftercare-{cases.TREATMENT}.html"
    assert "0.571 to 0.589 mL in all" in words
    assert "5 January 2026" in words
