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


@click.command()
@click.argument("treatment")
@JOURNAL
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def report(treatment: str, url: str | None, out: Path | None, as_json: bool) -> None:
    """Write the report of TREATMENT as one HTML file."""
    from mesogun.report import write_report

    with open_for_reading(url) as record:
        path = write_report(record, treatment, places.reports_folder(out))
    if as_json:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        click.echo(json.dumps({"treatment": treatment, "report": str(path), "report_sha256": digest}))
    else:
        click.echo(str(path))
