"""``mesogun demo``: a whole treatment on the simulated gun. A composition root: it may see ``sim`` and ``tui``.

The same code path as ``mesogun treat``. Not responsible for any of the steps.
"""

from __future__ import annotations

import hashlib
import secrets
import sys
from contextlib import ExitStack
from pathlib import Path

import click

from mesogun.cli import people, places, planning, treat, visit
from mesogun.cli.fronts import Bar
from mesogun.cli.held import held
from mesogun.cli.kinds import NO_FLASH, PLACE, SEED
from mesogun.cli.outcome import outcome, outcome_table
from mesogun.errors import MesogunError
from mesogun.protocol import Protocol
from mesogun.units import ml_text

PROTOCOL = "face-mesolift"
AREA = "cheek"
LIKENESS = {"thighs": "thigh", "legs": "thigh", "arms": "arm", "limbs": "arm"}
"""Example areas under the names that protocols have for such skin."""
PATCHES = {"body-cellulite-stamp": AREA}
"""Where the sourced dose on the whole smallest area would be far too much for one visit: a patch instead."""

SUBJECT = "demo-0001"
STATION = "demo"
START = "2026-01-05T09:00:00Z"


@click.command()
@click.option("--protocol", "name", default=PROTOCOL, show_default=True, help="Bundled protocol or .toml file.")
@click.option("--area", help="Outline file or bundled example area; default: the smallest that suits the protocol.")
@click.option("--seed", type=SEED, default=1, show_default=True, help="Same seed, same totals, same report bytes.")
@click.option("--pace", default="max", show_default=True, help="Speed of time: 1, 10, ... or max.")
@click.option("--dashboard", is_flag=True, help="Watch it in the dashboard at pace 1.")
@click.option("--out", type=PLACE, help="Folder for journal and report.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@NO_FLASH
def demo(name: str, area: str | None, seed: int, pace: str, dashboard: bool, out: Path | None, as_json: bool) -> int:
    """A whole treatment on the simulated gun: plan, treat, report, verify. No hardware needed."""
    from sim.doors.address import pace_of

    found = visit.find_protocol(name)
    area = area if area is not None else area_for(found)
    seeded = hashlib.sha256(f"mesogun demo {seed} {name} {area}".encode()).hexdigest()
    world = f"demo-{secrets.token_hex(8)}"  # a world of its own; its name decides nothing
    pace_of(pace, "--pace")
    pace = "1" if dashboard and pace == "max" else pace
    protocol, limits, notes = planning.demonstrated(found)
    gun_profile = planning.gun_profile_for(protocol)
    from mesogun.journal import open_journal

    port = f"sim://{gun_profile}?seed={seed}&pace={pace}&world={world}&start={START}"
    outline = planning.read_area(area)
    with ExitStack() as stack:
        gun = stack.enter_context(held(port, people.gun_keys()))
        with places.folder_for_journal(out, places.state_folder() / "demos", "demo") as folder:
            path = folder / places.JOURNAL
            record = stack.enter_context(open_journal(path, gun.clock, journal_id=seeded[:32]))
        begun = treat.start(
            gun=gun,
            record=record,
            protocol=protocol,
            outline=outline,
            given=None,
            chosen=planning.PlanOptions(),
            subject=SUBJECT,
            operator=people.DEMO_OPERATOR,
            answers=None,
            yes=True,
            site=limits,
            treatment=seeded[:16],
            demonstration=True,
        )
        plan = begun.cleared.plan
        if not as_json:
            click.echo(f"{protocol.title}", err=True)
            planned = f"{len(plan.points)} points, {ml_text(plan.total_nl)}"
            click.echo(f"  on {plan.area_name}: {planned}, simulated gun, seed {seed}", err=True)
        if dashboard:
            treat.in_dashboard(
                gun,
                record,
                begun,
                people.DEMO_OPERATOR,
                title=protocol.title,
                port=port,
                go_on=f"in {path}; the simulated gun is gone, so start another demo",
                station=STATION,
            )
        else:
            front = Bar(sys.stderr, lambda _what, _text: True, terminal=sys.stderr.isatty())
            visit.run(gun=gun, journal=record, begun=begun, front=front, operator=people.DEMO_OPERATOR, station=STATION)
        truth = _truth(world)
        result = outcome(record, begun.treatment, folder)
    inside = truth in result.state.ledger
    if as_json:
        click.echo(result.json_line(seed=seed, truth_nl=truth, truth_inside=inside, demonstration_values=list(notes)))
    else:
        told = (
            f"the simulator's truth, {ml_text(truth)}, lies {'inside' if inside else 'OUTSIDE'} the ledger's interval"
        )
        click.echo(outcome_table(result, (told, *(f"demonstration value: {note}" for note in notes))))
    return 0 if result.verified and inside else MesogunError.exit_code


def area_for(protocol: Protocol) -> str:
    """The smallest example area among those that the protocol is for, so that a demonstration is short."""
    from mesogun.area import example, examples

    if protocol.id in PATCHES:
        return PATCHES[protocol.id]
    suited = {LIKENESS.get(name, name) for name in protocol.areas} & set(examples())
    return min(suited, key=lambda name: (example(name).area_mm2, name), default=AREA)


def _truth(world: str) -> int:
    """What really left the needle into skin, by the simulator's own physics."""
    from sim.world import find

    return round(find(world).truth.dispensed_nl)
