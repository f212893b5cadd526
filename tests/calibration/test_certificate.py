"""A certificate: an auditor's checklist, the same bytes again from the journal, and every change noticed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mesogun.calibration import certificate as made
from mesogun.calibration.certificate import content_of
from mesogun.calibration.certificate_depth import depth_content
from mesogun.calibration.depth_run import DepthCalibrator, Wanted
from mesogun.calibration.script import parse
from mesogun.errors import InputError, RecordError
from mesogun.identity import Signer
from mesogun.journal import Row
from mesogun.record.calibration_events import CertificateIssued
from mesogun.report.certificate import certificate_html, issued_rows, label_html
from tests.calibration.rigs import TECHNICIAN, Rig, rig, script
from tests.calibration.test_depth_run import DEPTH, gauge

DAY = "2026-01-05"
GIVEN = script(replicates=6, as_left_replicates=6, rates_per_min=(20.0,), rate_replicates=2)


def issue(rows: tuple[Row, ...], run: str, earlier: int = 0) -> CertificateIssued:
    signer = Signer.from_seed(b"\7" * 32)
    number = made.number_for(run, earlier)
    digest = made.digest(content_of(rows))
    signature = signer.sign(made.message(number, digest, TECHNICIAN.reference, DAY))
    return CertificateIssued(
        number, digest, DAY, TECHNICIAN.reference, "this station", signer.public_key.hex(), signature.hex()
    )


class Text(HTMLParser):
    """What a reader sees."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._style = False
        self.feed(page.decode())
        self.all = re.sub(r"\s+", " ", " ".join(self.parts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.parts.append(data)


@pytest.fixture(scope="module")
def run() -> tuple[tuple[Row, ...], CertificateIssued]:
    with rig("worn-screw", 3) as bench:
        bench.run = "cal-0123456789ab"
        bench.calibrate("volume", GIVEN)
        rows = tuple(bench.journal.rows(bench.run))
    return rows, issue(rows, "cal-0123456789ab")


@pytest.fixture(scope="module")
def page(run: tuple[tuple[Row, ...], CertificateIssued]) -> bytes:
    return certificate_html(content_of(run[0]), run[1])


# ISO/IEC 17025:2017, 7.8.2.1 (a to p), 7.8.4.1 (a to f), 7.8.6: what, and a pattern that shows it on the page.
CHECKLIST = {
    "a title": r"Certificate of calibration",
    "name and address of the laboratory": r"Example bench.*1 Example Street",
    "where it was done": r"Calibrated in the laboratory",
    "unique identification": r"Certificate MC-0123456789ab-1",
    "end of the certificate": r"End of certificate",
    "the customer": r"Example practice.*2 Example Street",
    "the method": r"gravimetric.*ISO 8655-6:2022",
    "the item": r"worn-screw, serial [0-9a-f]{16}, identity [0-9a-f]{16}",
    "firmware of the item": r"Firmware 1",
    "syringe and needle": r"1mL-A \(1 mL\).*30G-4mm \(1\)",
    "its condition": r"Condition clean, no visible damage",
    "date of the work": r"Date of calibration 5 January 2026",
    "date of issue": r"issued 5 January 2026",
    "results with units": r"as left.*Mean µL",
    "expanded uncertainty with coverage factor and probability": r"expanded uncertainty.*95 %.*coverage factor k",
    "results before adjustment": r"Result as found.*Before any adjustment",
    "conditions": r"Water, °C Air, °C Pressure, kPa Humidity, %.*start.*end",
    "traceability": r"Traceability.*BAL-2026-001.*W-2025-114.*TH-2025-33.*BA-2025-12",
    "decision rule": r"Decision rule Guard band",
    "limits with their source": r"Limits: mesogun's own aim",
    "statement of conformity": r"Conformity systematic, random",
    "who authorised it": r"Authorised by op-tech on 5 January 2026",
    "only this item": r"relate only to the item named here",
    "reproduction in full": r"reproduced only in full",
    "interval only as agreed": r"Due .*interval agreed with Example practice",
    "outlier policy": r"Grubbs",
    "gates": r"A weighing is void",
    "evaporation and buoyancy": r"Z = 1\.00\d+ µL/mg.*Evaporation",
    "budget": r"Uncertainty budgets.*mass_mg.*balance_mg.*loss_mg.*water_c",
    "raw weighings": r"Raw weighings.*Before, mg After, mg",
    "residuals, trumpet, start-up": r"Residuals of the correction.*Shot trumpet.*Start-up",
    "what was not measured": r"Not measured: .*reversal",
    "signature": r"Signature, Ed25519 [0-9a-f]{128}",
    "no claim of accreditation": r"no accredited calibration",
    "simulated": r"SIMULATED\. A simulated gun",
}


@pytest.mark.parametrize("what", CHECKLIST)
def test_an_auditors_checklist(what: str, page: bytes) -> None:
    assert re.search(CHECKLIST[what], Text(page).all), what


def test_each_page_carries_the_number_and_nothing_is_fetched(page: bytes) -> None:
    text = page.decode()
    assert '@bottom-left{content:"Certificate MC-0123456789ab-1"}' in text
    assert "counter(page)" in text
    assert "size:A4" in text
    assert not re.search(r"(?:src|href)=|https?://|<script", text)


def test_every_raw_weighing_is_there(page: bytes, run: tuple[tuple[Row, ...], CertificateIssued]) -> None:
    content = content_of(run[0])
    assert len(content["raw"]) == 5 + 18 + 2 + 18
    for raw in content["raw"]:
        assert f">{raw['before_mg']}<" in page.decode()
        assert f">{raw['after_mg']}<" in page.decode()


def test_the_same_journal_gives_the_same_bytes(run: tuple[tuple[Row, ...], CertificateIssued], page: bytes) -> None:
    rows, issued = run
    again = tuple(replace(row) for row in rows)
    assert certificate_html(content_of(again), issued) == page


def test_a_changed_weighing_is_noticed(run: tuple[tuple[Row, ...], CertificateIssued]) -> None:
    rows, issued = run
    at = next(at for at, row in enumerate(rows) if type(row.event).__name__ == "Weighed" and row.event.place == "after")  # type: ignore[attr-defined]
    changed = replace(rows[at], event=replace(rows[at].event, mass_mg="24.00"))  # type: ignore[call-arg]
    with pytest.raises(RecordError, match="no longer gives"):
        certificate_html(content_of((*rows[:at], changed, *rows[at + 1 :])), issued)


def test_a_signature_of_something_else_is_noticed(run: tuple[tuple[Row, ...], CertificateIssued]) -> None:
    rows, issued = run
    with pytest.raises(RecordError, match="signature"):
        certificate_html(content_of(rows), replace(issued, operator="op-other"))


def test_a_later_certificate_does_not_change_the_earlier(
    run: tuple[tuple[Row, ...], CertificateIssued], page: bytes
) -> None:
    rows, issued = run
    last = rows[-1]
    with_both = (*rows, replace(last, seq=last.seq + 1, event=issued), replace(last, seq=last.seq + 2,
                 event=issue(rows, "cal-0123456789ab", 1)))  # fmt: skip
    about, first = issued_rows(with_both, issued.number)
    assert certificate_html(content_of(about), first) == page
    assert issued_rows(with_both)[1].number.endswith("-2")


def test_an_interval_that_nobody_agreed_on_is_not_printed() -> None:
    text = "\n".join(line for line in GIVEN.text.splitlines() if not line.startswith("interval_agreed_with"))
    with rig("standard", 2) as bench:
        bench.calibrate("volume", parse(text))
        rows = tuple(bench.journal.rows(bench.run))
        issued = issue(rows, bench.run)
        assert "Due" not in Text(certificate_html(content_of(rows), issued)).all
        assert "due" not in Text(label_html(content_of(rows), issued)).all


def test_groups_say_what_they_hide() -> None:
    given = script(group=3, replicates=4, as_left_replicates=4, volumes_ul=(10.0, 25.0, 50.0), start_up=0)
    with rig("standard", 2) as bench:
        bench.calibrate("volume", given)
        rows = tuple(bench.journal.rows(bench.run))
        shown = Text(certificate_html(content_of(rows), issue(rows, bench.run))).all
        assert "Groups of 3 shots were weighed: s is the spread of group means" in shown


def test_a_run_that_is_not_over_has_no_certificate() -> None:
    with rig("standard", 2) as bench:
        calibrator = bench.calibrator()
        bench.bench.on_person = lambda _: False
        with pytest.raises(Exception, match="was not done"):
            calibrator.run(GIVEN, "volume")
        with pytest.raises(InputError, match="has ended"):
            content_of(tuple(bench.journal.rows(bench.run)))


def test_a_quick_check_has_no_certificate() -> None:
    with rig("standard", 2) as bench:
        bench.calibrate("check")
        with pytest.raises(InputError, match="quick check"):
            content_of(tuple(bench.journal.rows(bench.run)))


def test_the_label_is_small_and_says_what_matters(run: tuple[tuple[Row, ...], CertificateIssued]) -> None:
    rows, issued = run
    label = label_html(content_of(rows), issued)
    shown = Text(label).all
    for what in ("CALIBRATED", "MC-0123456789ab-1", "worn-screw", "1mL-A", "30G-4mm", "5 January 2026", "4 July 2026"):
        assert what in shown
    assert b"size:70mm 30mm" in label


def depth_rows(bench: Rig, ask: Callable[[Wanted], str]) -> tuple[Row, ...]:
    bench.calibrate("volume", script(replicates=4, as_left_replicates=6, blanks=2, start_up=0))
    DepthCalibrator(
        gun=bench.gun, journal=bench.journal, run="cal-00000000d001", ask=ask, operator=TECHNICIAN, station="bench"
    ).run(DEPTH)
    return tuple(bench.journal.rows("cal-00000000d001"))


def test_a_depth_certificate_has_its_readings_and_its_uncertainty() -> None:
    with rig("standard", 4) as bench:
        rows = depth_rows(bench, gauge(offset_mm=0.05, gain=1.01, backlash_mm=0.04))
        issued = issue(rows, "cal-00000000d001")
        shown = Text(certificate_html(content_of(rows), issued)).all
    columns = "Stick-out, mm Error, mm U, mm k"
    for pattern in ("needle depth", columns, "Backlash", "Another needle voids the zero", "Readings"):
        assert re.search(pattern, shown), pattern
    assert len(depth_content(rows)["raw"]) == 5 * 2 * 3
