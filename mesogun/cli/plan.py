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

HANDS = ("grid_template", "marked_skin", "free_hand")
HAND_HELP = "What guides the hand: how far it misses is assumed, for the forecast only."


@click.command()
@click.argument("protocol")
@click.option(
    "--area", required=True, help="Outline (.csv, .svg, .geojson, .json photo, .dxf), or an example such as cheek."
)
@click.option("--units", type=click.Choice(["mm", "cm", "m", "in"]), help="Unit of an area file that does not say.")
@click.option(
    "--on-cylinder",
    metavar="RADIUS[@AXIS]",
    callback=planning.bent_around,
    help="The outline is traced on a photo of a limb or neck: its radius, mm, and its axis, degrees from +x (90).",
)
@click.option(
    "--on-sphere", metavar="RADIUS", type=FINITE, help="The same on a dome, such as a forehead: its radius, mm."
)
@click.option("--demo-values", is_flag=True, help="Use the bundled demonstration values; never for a real gun.")
@planning.plan_options
@click.option("--step-nl", type=int, default=planning.STEP_NL, show_default=True, help="The gun's volume step, nL.")
@click.option("--syringe-ml", type=FINITE, default=planning.SYRINGE_NL / 1e6, show_default=True, help="Syringe, mL.")
@click.option("--prime-ul", type=FINITE, default=0.0, help="Priming, taken from each syringe, µL.")
@click.option("--dead-volume-ul", type=FINITE, default=0.0, help="What stays in needle and head, each syringe, µL.")
@click.option("--residual-ul", type=FINITE, default=0.0, help="What stays in the barrel, each syringe, µL.")
@click.option("--hand", type=click.Choice(list(HANDS)), default="marked_skin", show_default=True, help=HAND_HELP)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--out", type=PLACE, help="Write the plan file, for mesogun treat --plan.")
@click.option("--plot", type=PLACE, help="Draw dose, path, histogram and uncertainty on one page (.svg or .png).")
@click.option("--template", type=PLACE, help="A 1:1 template to print (.svg or .pdf).")
def plan(
    protocol: str,
    area: str,
    units: str | None,
    on_cylinder: tuple[float, float] | None,
    on_sphere: float | None,
    demo_values: bool,
    step_nl: int,
    syringe_ml: float,
    prime_ul: float,
    dead_volume_ul: float,
    residual_ul: float,
    hand: str,
    as_json: bool,
    out: Path | None,
    plot: Path | None,
    template: Path | None,
    **options: Any,
) -> None:
    """Turn PROTOCOL and an area into an ordered plan.

    PROTOCOL is the id of a bundled protocol (mesogun protocol list) or a .toml file. Numbers that the protocol gives
    a range for are chosen so that they fit the area, and the plan says what was chosen and why; the options below fix
    one of them, within the protocol's range.
    """
    from mesogun import plan as planner
    from mesogun.cli.visit import find_protocol
    from mesogun.dose import Errors
    from mesogun.limits import visit_notes
    from mesogun.units import nl_from_ml, nl_from_ul

    chosen = planning.take_plan_options(options)
    item = planning.of_school(find_protocol(protocol), chosen)
    outline = planning.on_body(planning.read_area(area, units), on_cylinder, on_sphere)
    if demo_values:
        item, _, notes = planning.demonstrated(item, planning.asked_for(chosen))
        for note in notes:
            click.echo(f"demonstration value: {note}", err=True)
    filled = planning.supplied(item, chosen, "command line")
    made = planning.build_plan(
        filled,
        outline,
        chosen,
        step_nl=step_nl,
        syringe_nl=nl_from_ml(syringe_ml),
        prime_nl=nl_from_ul(prime_ul),
        residual_nl=nl_from_ul(residual_ul),
        dead_volume_nl=nl_from_ul(dead_volume_ul),
    )
    if out is not None:
        write_bytes(out, made.to_bytes())
    if plot is not None:
        planner.figure(made, plot, Errors.typical(hand))
    if template is not None:
        planner.template(made, template)
    for note in visit_notes(made, filled):
        click.echo(f"note: {note}", err=True)
    if as_json:
        click.echo(json.dumps(planner.plan_json(made)))
    else:
        click.echo(planner.summary_text(made, outline, Errors.typical(hand), filled.areas))
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
