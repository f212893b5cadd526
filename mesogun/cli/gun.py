"""``mesogun gun``: find guns, look at them, check their health.

Not responsible for finding or judging (``mesogun.gun``).
"""

from __future__ import annotations

import dataclasses
import json

import click

from mesogun.cli import people
from mesogun.cli.treat import gun_kind
from mesogun.gun import Gun, connect
from mesogun.treatment.reconcile import reference, text
from mesogun.units import ml_text, mm_text, ul_text
from mesogun.wire.codes import Fault, Flag, State


@click.group()
def gun() -> None:
    """Find guns, look at them, check their health."""


@gun.command()
@click.option("--port", envvar="MESOGUN_PORT", required=True, help="Where the gun is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def info(port: str, as_json: bool) -> None:
    """Say who the gun at --port is, what it can do, and how it is."""
    with connect(port, keys=people.gun_keys()) as found:
        if as_json:
            welcome, caps = dataclasses.asdict(found.welcome), dataclasses.asdict(found.caps)
            for part in (welcome, caps):
                part.update({name: value.hex() for name, value in part.items() if isinstance(value, bytes)})
            click.echo(json.dumps({"port": port, "kind": gun_kind(found), "welcome": welcome, "caps": caps}))
        else:
            click.echo(info_text(found, port))


def info_text(found: Gun, port: str) -> str:
    """A gun in a dozen lines."""
    welcome, caps, status = found.welcome, found.caps, found.caps.status
    bound = f"± ({ul_text(caps.overrun_nl)} + {caps.overrun_ppm / 10_000:g} %)"
    primed = "primed" if status.flags & Flag.PRIMED else "not primed"
    bound_to = reference(welcome.open_treatment) if welcome.open_treatment else "none"
    rows = [
        ("gun", f"{text(caps.model)}, serial {text(caps.serial)}, {gun_kind(found)}"),
        ("port", port),
        ("identity", f"{reference(welcome.device_id)}, memory {reference(welcome.nvm_id)}, boot {welcome.boot_id}"),
        ("state", f"{State(status.state).name.lower()}, fault {Fault(status.fault).name.lower()}, {primed}"),
        ("syringe", f"{ml_text(status.syringe_left_nl)} of {ml_text(caps.syringe_nl)} left"),
        ("dead volume", ul_text(caps.dead_volume_nl)),
        ("battery", f"{status.battery_mv / 1000:g} V"),
        ("volume", f"{ul_text(caps.min_volume_nl)} to {ul_text(caps.max_volume_nl)} in steps of {caps.step_nl} nL"),
        ("depth", f"{mm_text(caps.min_depth_um)} to {mm_text(caps.max_depth_um)}, {caps.needles} needle(s)"),
        ("rate", f"at most {caps.max_rate_per_min} shots a minute, magazine of {caps.magazine_size}"),
        ("calibration", f"{reference(caps.calibration_id)}, stated bound {bound}"),
        ("given in life", f"{ml_text(status.running_total_nl)} in {status.last_shot_no} shots"),
        ("treatment", f"bound to {bound_to}"),
    ]
    if found.read_only_reason is not None:
        rows.append(("read only", found.read_only_reason))
    wide = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{wide}}  {value}" for name, value in rows)
