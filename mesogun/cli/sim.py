"""``mesogun sim``: the simulated gun on a port of its own. A composition root: it may see ``sim``.

Not responsible for simulating anything.
"""

from __future__ import annotations

import json
import select
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlencode

import click

from mesogun.cli import places
from mesogun.cli.kinds import PLACE, SEED
from mesogun.errors import InputError

EXPLAINED = 5  # so many failing seeds are shrunk and drawn


@click.group()
def sim() -> None:
    """The simulated gun on a port of its own."""
    from mesogun.link.shadow import shadowed, stranger

    where = stranger("sim")
    if where is not None:
        raise InputError(shadowed("sim", where))


@sim.command()
@click.option("--pty", is_flag=True, help="Serve on a pseudo-terminal (POSIX).")
@click.option(
    "--balance",
    is_flag=False,
    flag_value="simbalance://",
    help="With --pty: also a balance on a second terminal; simbalance://?OPTIONS says which.",
)
@click.option("--tcp", is_flag=True, help="Serve on a loopback TCP port, for socket:// and other languages.")
@click.option("--port", type=int, default=0, show_default=True, help="TCP port; 0 takes a free one.")
@click.option("--control", type=int, help="Also open a control door (JSON lines) on this TCP port.")
@click.option("--ready-file", type=PLACE, help="Write the address here once it answers; gone with it.")
@click.option("--profile", default="standard", show_default=True, help="Which gun.")
@click.option("--seed", type=SEED, help="Repeat a run; random by default.")
@click.option("--start", help="Calendar of the gun, such as 2026-01-05T09:00:00Z; today, but for --pace 0.")
@click.option(
    "--pace", default="1", show_default=True, help="Speed of time: 1, 10, ..., max; 0: only --control's step moves it."
)
@click.option("--hand/--no-hand", default=True, help="With a simulated hand that works through the magazine.")
@click.option("--nvm", help="File that keeps the gun's memory between runs.")
@click.option("--clinical", is_flag=True, help="With --pty: a gun that must be paired; Enter presses its button.")
def serve(
    pty: bool,
    balance: str | None,
    tcp: bool,
    port: int,
    control: int | None,
    ready_file: Path | None,
    profile: str,
    seed: int | None,
    start: str | None,
    pace: str,
    hand: bool,
    nvm: str | None,
    clinical: bool,
) -> None:
    """Serve a simulated gun until interrupted; the first line on standard output is its port, the second a balance."""
    if pty == tcp:
        raise InputError("say where to serve: mesogun sim serve --pty, or --tcp")
    if pty and (port or control is not None or ready_file is not None):
        raise InputError("--port, --control and --ready-file go with --tcp")
    if balance is not None and not pty:
        raise InputError("--balance goes with --pty; in one process simbalance://?world=NAME stands beside any gun")
    if clinical and not pty:
        raise InputError("--clinical goes with --pty: its pairing button is the Enter key here")
    options: dict[str, str] = {"kind": "clinical"} if clinical else {}
    if seed is not None:
        options["seed"] = str(seed)
    if not hand:
        options["hand"] = "none"
    if nvm is not None:
        options["nvm"] = nvm
    if start is not None:
        options["start"] = start
    from sim.doors.address import pace_of

    speed = pace_of(pace, "--pace", manual=True)
    if speed == 0 and (pty or control is None):
        raise InputError("--pace 0 is manual time: it needs --tcp and --control, whose step lets time pass")
    url = f"sim://{profile}?{urlencode(options)}" if options else f"sim://{profile}"
    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(ending, lambda *_: stop.set())
    if pty:
        from sim.doors.serve import serve_pty

        if clinical:
            click.echo("Enter here presses the gun's pairing button; its display is shown here", err=True)
        serve_pty(
            url,
            pace=speed,
            announce=click.echo,
            stop=stop,
            balance=balance,
            pressed=_enter_pressed if clinical else None,
            shows=(lambda text: click.echo(f"display: {text}", err=True)) if clinical else None,
        )
    else:
        from sim.doors.tcp import serve_tcp

        serve_tcp(
            url,
            port=port,
            control_port=control,
            pace=speed,
            announce=click.echo,
            stop=stop,
            ready_file=ready_file,
        )


def _enter_pressed() -> bool:
    """Whether a line came in on standard input; an input that has ended presses nothing."""
    ready, _, _ = select.select([sys.stdin], [], [], 0.0)
    return bool(ready) and bool(sys.stdin.readline())


@sim.command()
@click.argument("name")
@click.option("--profile", default="standard", show_default=True, help="Which gun.")
@click.option("--seed", type=SEED, default=1, show_default=True, help="Repeat a run.")
@click.option("--plot", type=PLACE, help="Draw it (.png or .svg).")
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
def scenario(name: str, profile: str, seed: int, plot: Path | None, as_json: bool) -> None:
    """Run one experiment: occlusion, startup, trumpet, brownout or stiction."""
    from sim.scenario import run as run_scenario

    if plot is not None:
        from sim.scenario.picture import draw, kind_of

        kind_of(plot)  # before the work
    outcome = run_scenario(name, profile=profile, seed=seed)
    if plot is not None:
        draw(outcome, plot)
    if as_json:
        click.echo(outcome.to_json())
        return
    for key, value in outcome.numbers.items():
        click.echo(f"{key:<36} {value:.6g}")
    for note in outcome.notes:
        click.echo(f"note: {note}")
    if plot is not None:
        click.echo(f"wrote {plot}", err=True)


@sim.command()
@click.option("--seeds", type=int, default=100, show_default=True, help="How many.")
@click.option("--start", type=int, default=0, show_default=True, help="The first seed.")
@click.option("--jobs", type=int, default=1, show_default=True, help="Processes.")
@click.option("--shard", default="1/1", show_default=True, help="Part i/n of the seeds, for several machines.")
@click.option("--faults", help="A fault plan as JSON instead of the drawn one; the line that a failure prints.")
@click.option("--canary/--no-canary", default=True, help="Also run a gun that must fail, to prove the alarm path.")
@click.option("--journal", default="memory", show_default=True, help="memory, or sqlite for the real one on disk.")
@click.option("--out", type=PLACE, help="Folder for the timelines of seeds that fail; else the state folder.")
@click.option("--coverage", is_flag=True, help="Also say which rows of the firmware's state table were gone through.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def campaign(
    seeds: int,
    start: int,
    jobs: int,
    shard: str,
    faults: str | None,
    canary: bool,
    journal: str,
    out: Path | None,
    coverage: bool,
    as_json: bool,
) -> int:
    """Whole treatments with drawn faults, kills and resumes; every invariant checked, then liveness."""
    from sim.campaign.draw import draw
    from sim.campaign.findings import explain
    from sim.campaign.many import CANARY, canary_gun
    from sim.campaign.many import campaign as run_campaign
    from sim.campaign.run import Result, run_seed
    from sim.faults import from_json

    if faults is not None:
        result = run_seed(start, plan=from_json(faults), journal=journal)
        for breach in result.breaches:
            click.echo(f"seed {start}: {breach.name}: {breach.detail}")
        for reported in result.reports:
            click.echo(str(reported), err=True)
        click.echo(f"seed {start}: {'no violation' if result.good else 'VIOLATED'}", err=True)
        return 0 if result.good else 1

    def told(result: Result) -> None:
        if not result.good:
            click.echo(f"seed {result.seed}: {', '.join(breach.name for breach in result.breaches)}", err=True)

    found = run_campaign(seeds, start=start, jobs=jobs, shard=shard, with_canary=canary, journal=journal, told=told)
    folder = places.made(out if out is not None else places.state_folder() / "campaigns") if found.failed else None
    findings = [explain(draw(seed), journal=journal, folder=folder) for seed in found.failed[:EXPLAINED]]
    noticed = None
    if found.canary_failed:  # the way of every finding, to its end: both of its faults must be thrown away
        noticed = explain(CANARY, prepare=canary_gun, journal=journal)
        if noticed.plan is None or noticed.plan.faults:
            noticed = None
    good = not found.failed and (not canary or noticed is not None)
    if as_json:
        told_json = {
            "seeds": found.seeds, "shots": found.shots, "simulated_s": found.simulated_s, "failed": found.failed,
            "breaches": found.breaches, "fired": found.fired, "unfired": found.unfired, "ended": found.ended,
            "canary_failed": noticed is not None if canary else None,
            "findings": [
                {"seed": item.seed, "broke": item.broke, "replay": item.replay, "timeline": str(item.timeline)}
                for item in findings
            ],
        }  # fmt: skip
        click.echo(json.dumps(told_json))
    else:
        hours = found.simulated_s / 3600
        click.echo(
            f"{found.seeds} seeds, {found.shots} shots, {hours:.1f} simulated hours, {sum(found.fired.values())} faults"
        )
        click.echo(f"violations: {len(found.failed)}")
        if canary:
            told_of = f"failed, as it must ({', '.join(noticed.broke)})" if noticed is not None else "NOT NOTICED"
            click.echo(f"canary: {told_of}")
        for item in findings:
            if item.plan is None:
                click.echo(f"seed {item.seed}: did not break again; this run is not repeatable, which is a finding too")
            click.echo(f"replay: {item.replay}")
            click.echo(f"timeline: {item.timeline}")
        if coverage:
            from sim.campaign.coverage import report

            click.echo(report(found.rows))
    return 0 if good else 1


@sim.command()
@click.option("--jobs", type=int, default=1, show_default=True, help="Processes.")
@click.option("--stride", type=int, default=1, show_default=True, help="Only each so-many-th byte, for a quick look.")
def sweep(jobs: int, stride: int) -> int:
    """Kill host, gun and power at every byte and every memory write of a reference treatment of six shots."""
    from sim.campaign import sweep as sweeping

    if jobs < 1 or stride < 1:
        raise InputError(f"--jobs {jobs} and --stride {stride} must be at least 1")
    found = sweeping.sweep(sweeping.points(sweeping.measure(), stride), jobs=jobs)
    click.echo(str(found))
    for line in found.failed[:5]:
        click.echo(line, err=True)
    return 1 if found.failed else 0


@sim.command()
@click.option("--seeds", type=int, default=500, show_default=True, help="How many seeds may look for each.")
@click.option("--jobs", type=int, default=1, show_default=True, help="Processes.")
@click.option("--write", type=PLACE, help="Also write the table into this document, between its marks.")
def ablation(seeds: int, jobs: int, write: Path | None) -> int:
    """Take the safeguards away, one at a time: a campaign must notice each."""
    from sim.campaign.ablation import as_markdown, hunt_all
    from sim.document import rewrite

    if jobs < 1 or seeds < 1:
        raise InputError(f"--jobs {jobs} and --seeds {seeds} must be at least 1")
    found = hunt_all(seeds=seeds, jobs=jobs)
    table = as_markdown(found)
    click.echo(table, nl=False)
    if write is not None:
        write.write_text(rewrite(write.read_text(encoding="utf-8"), {"ablations": table}), encoding="utf-8")
    return 1 if any(item.seed is None for item in found) else 0
