"""``mesogun report``: write the report of a treatment.

Not responsible for what stands in it (``mesogun.report``).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import click

from mesogun.cli import places
from mesogun.cli.journal import JOURNAL, open_for_reading
from mesogun.cli.kinds import PLACE
from mesogun.cli.visit import find_protocol


@click.command()
@click.argument("treatment")
@JOURNAL
@click.option("--out", type=PLACE, help="Folder for the report.")
@click.option("--aftercare", metavar="PROTOCOL", help="Write the subject's aftercare sheet instead, from its protocol.")
@click.option("--pdf", is_flag=True, help="Print it to PDF as well, with a Chromium or Chrome on this computer.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def report(treatment: str, url: str | None, out: Path | None, aftercare: str | None, pdf: bool, as_json: bool) -> None:
    """Write the report of TREATMENT as one HTML file."""
    from mesogun.report import write_aftercare, write_report

    with open_for_reading(url) as record:
        folder = places.reports_folder(out)
        if aftercare is None:
            path = write_report(record, treatment, folder)
        else:
            path = write_aftercare(record, treatment, find_protocol(aftercare), folder)
    if pdf:
        from mesogun.report.pdf import print_pdf

        click.echo(f"printed: {print_pdf(path)}", err=True)
    if as_json:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        click.echo(json.dumps({"treatment": treatment, "report": str(path), "report_sha256": digest}))
    else:
        click.echo(str(path))
