"""A seed that failed, explained: what broke, the fewest faults that still break it, a line to run it again, a picture.

Not responsible for finding it (``many``) or for printing (the command line does).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mesogun.errors import InputError
from sim.campaign.draw import Draw
from sim.campaign.run import Prepare, run
from sim.faults import FaultPlan, to_json


@dataclass(frozen=True, slots=True)
class Finding:
    """``plan`` is ``None`` where the failure did not show again: then the line runs the seed as it was drawn."""

    seed: int
    broke: tuple[str, ...]
    plan: FaultPlan | None
    replay: str
    timeline: Path | None = None


def explain(
    drawn: Draw, *, prepare: Prepare | None = None, journal: str = "memory", folder: Path | None = None
) -> Finding:
    """Run a failing draw again, shrink it, and draw its timeline into ``folder``."""
    again = run(drawn, plan=drawn.plan, prepare=prepare, journal=journal)
    broke = tuple(breach.name for breach in again.breaches)
    plan = shrink(drawn, prepare=prepare, journal=journal) if broke else None
    timeline = None
    if folder is not None:
        from sim.campaign.timeline import picture  # loads the plotting library

        timeline = folder / f"seed-{drawn.seed}.png"
        picture(drawn, timeline, plan=plan, prepare=prepare, journal=journal)
    return Finding(drawn.seed, broke, plan, replay_line(drawn.seed, plan, journal), timeline)


def shrink(drawn: Draw, *, prepare: Prepare | None = None, journal: str = "memory") -> FaultPlan:
    """The fewest faults of a failing draw that still break the same invariant."""
    first = run(drawn, plan=drawn.plan, prepare=prepare, journal=journal)
    if first.good:
        raise InputError(f"seed {drawn.seed} breaks no invariant; there is nothing to shrink")
    names = {breach.name for breach in first.breaches}
    plan, index = drawn.plan, 0
    while index < len(plan.faults):
        smaller = plan.without(index)
        if names & {breach.name for breach in run(drawn, plan=smaller, prepare=prepare, journal=journal).breaches}:
            plan = smaller
        else:
            index += 1
    return plan


def replay_line(seed: int, plan: FaultPlan | None = None, journal: str = "memory") -> str:
    """The one command that shows the failure again."""
    line = f"mesogun sim campaign --seeds 1 --start {seed}"
    if journal != "memory":
        line += f" --journal {journal}"
    return line if plan is None else f"{line} --faults '{to_json(plan)}'"
