"""``mesogun plan``: a protocol and an area become points, totals, quality numbers and a picture.

Not responsible for planning (``mesogun.plan``) or for the dose model (``mesogun.dose``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mesogun.cli import planning
from mesogun.cli.kinds import FINITE, PLACE
from mesogun.errors import InputError


@click.command()
@click.argument("protocol")
@click.option("--area", required=True, help="Outline file (.csv, .svg, .geojson), or a bundled example such as cheek.")
@planning.plan_options
@click.option("--demo-values", is_flag=True, help="Use the bundled demonstration values; never for a real gun.")
@click.option("--step-nl", type=int, default=planning.STEP_NL, show_default=True, help="The gun's volume step, nL.")
@click.option("--syringe-ml", type=FINITE, default=planning.SYRINGE_NL / 1e6, show_default=True, help="Syringe, mL.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--out", type=PLACE, help="Write the plan file, for mesogun treat --plan.")
@click.option("--plot", type=PLACE, help="Draw outline, path and dose map (.svg or .png).")
@click.option("--template", type=PLACE, help="A 1:1 template to print (.svg or .pdf).")
def plan(
    protocol: str,
    area: str,
    demo_values: bool,
    step_nl: int,
    syringe_ml: float,
    as_json: bool,
    out: Path | None,
    plot: Path | None,
    template: Path | None,
    **options: Any,
) -> None:
    """Turn PROTOCOL and an area into an ordered plan.

    PROTOCOL is the id of a bundled protocol (mesogun protocol list) or a .toml file.
    """
    from mesogun import plan as planner
    from mesogun.cli.visit import find_protocol
    from mesogun.units import nl_from_ml

    chosen = planning.take_plan_options(options)
    outline = planning.read_area(area)
    item = find_protocol(protocol)
    if demo_values:
        item, _, notes = planning.demonstrated(item)
        for note in notes:
            click.echo(f"demonstration value: {note}", err=True)
    filled = planning.supplied(item, chosen, "command line")
    made = planning.build_plan(
        filled, outline, chosen, step_nl=step_nl, syringe_nl=nl_from_ml(syringe_ml), prime_nl=0, residual_nl=0
    )
    if out is not None:
        write_bytes(out, made.to_bytes())
    if plot is not None:
        planner.figure(made, plot)
    if template is not None:
        planner.template(made, template)
    if as_json:
        click.echo(json.dumps(planner.plan_json(made)))
    else:
        click.echo(planner.summary_text(made, outline))
        for path in (out, plot, template):
            if path is not None:
                click.echo(f"wrote {path}", err=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    if not path.name:
        raise InputError(f"{path}: a folder, not a file; name the file too")
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error
