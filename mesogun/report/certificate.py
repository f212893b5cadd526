"""A certificate of calibration as one HTML page that prints on A4, and a label for the gun: same rows, same bytes.

Not responsible for what a certificate says (``mesogun.calibration.certificate``) or for its signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mesogun.calibration import certificate as made
from mesogun.calibration.certificate import Content
from mesogun.calibration.history import GunHistory, drifts
from mesogun.calibration.state import fold_run
from mesogun.errors import InputError, RecordError
from mesogun.identity import fingerprint, verify_signature
from mesogun.journal import Journal, Row
from mesogun.record.calibration_events import CertificateIssued
from mesogun.report import certificate_charts as charts
from mesogun.report.page import environment
from mesogun.report.place import put


def certificate_html(content: Content, issued: CertificateIssued) -> bytes:
    """The page as UTF-8 bytes.

    Raises
    ------
    RecordError
        If the content does not have the hash that was signed, or the signature does not hold.
    """
    _check(content, issued)
    points = [(float(set_ul), float(error), str(phase)) for set_ul, error, phase in content.get("residuals", [])]
    limits = [
        (float(mean["set_ul"]), float(mean["limit_systematic_ul"]))
        for mean in content.get("as_left") or content.get("as_found", [])
    ]
    pictures = {
        "errors": charts.errors(points, limits) if points else None,
        "residuals": charts.residuals(content["fit_residuals"]) if content.get("fit_residuals") else None,
        "trumpet": charts.trumpet(content["trumpet"]) if content.get("trumpet") else None,
        "start_up": charts.start_up(content["start_up"]) if len(content.get("start_up", ())) > 1 else None,
    }
    page = (
        environment()
        .get_template(f"certificate-{content['kind']}.html")
        .render(c=content, issued=issued, pictures=pictures, key=fingerprint(bytes.fromhex(issued.public_key)))
    )
    return page.encode("utf-8")


def label_html(content: Content, issued: CertificateIssued) -> bytes:
    """The label as UTF-8 bytes: 70 mm by 30 mm."""
    _check(content, issued)
    return environment().get_template("label.html").render(c=content, issued=issued).encode("utf-8")


def write_history(history: GunHistory, out_dir: Path) -> Path:
    """Write the control charts of one gun as one page; its path."""
    settings = sorted({found.set_ul for run in history.runs for found in run.found})
    pictures = []
    for set_ul in settings:
        found = [one for run in history.runs for one in run.found if one.set_ul == set_ul]
        first = found[0].day
        points = [((one.day - first).days * 1.0, one.as_found_pct, one.u_pct) for one in found]
        pictures.append((f"{set_ul:g}", charts.control(points, found[-1].limit_pct, f"days since {first}, as found")))
    page = environment().get_template("history.html").render(h=history, pictures=pictures, drifts=drifts(history))
    return put(page.encode("utf-8"), out_dir, f"calibration-history-{history.gun}.html")


def _check(content: Content, issued: CertificateIssued) -> None:
    if made.digest(content) != issued.content_sha256:
        raise RecordError(
            f"certificate {issued.number}: the journal no longer gives the content that was signed; it was made by "
            "another version of mesogun, or the record was changed (mesogun journal verify)"
        )
    signed = made.message(issued.number, issued.content_sha256, issued.operator, issued.day)
    if not verify_signature(bytes.fromhex(issued.public_key), signed, bytes.fromhex(issued.signature)):
        raise RecordError(f"certificate {issued.number}: its signature does not hold")


def issued_rows(rows: Sequence[Row], number: str | None = None) -> tuple[Sequence[Row], CertificateIssued]:
    """The rows that a certificate is about, and its issue; the newest one where no number is named."""
    found = [
        (at, row.event)
        for at, row in enumerate(rows)
        if isinstance(row.event, CertificateIssued) and number in (None, row.event.number)
    ]
    if not found:
        raise InputError("no such certificate was issued; mesogun calibrate history names them")
    at, event = found[-1]
    return rows[:at], event


def write_certificate(journal: Journal, run: str, out_dir: Path, number: str | None = None) -> tuple[Path, Path]:
    """Write certificate and label of a run into ``out_dir``; their paths.

    Raises
    ------
    InputError
        If the journal holds no such run or certificate.
    RecordError
        If the record no longer gives what was signed.
    """
    rows = tuple(journal.rows(run))
    if not rows or fold_run(row.event for row in rows).started is None:
        raise InputError(f"this journal holds no calibration {run}; mesogun calibrate history names them")
    about, issued = issued_rows(rows, number)
    content = made.content_of(about)
    page = put(certificate_html(content, issued), out_dir, f"certificate-{issued.number}.html")
    return page, put(label_html(content, issued), out_dir, f"label-{issued.number}.html")
