"""What a failed test tells about its simulated guns: seed, replay line, breaches, and what became of each fault.

Told for failures in set-up, in the test and in tear-down alike: broken invariants show in tear-down. Not responsible
for noticing anything.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from mesogun.testing.asked import Asked
    from mesogun.testing.world import SimWorld

FENCE = (
    "fence: a simulated test repeats itself only while it touches nothing but its world;"
    " @pytest.mark.mesogun(fence=False) takes the fence away from this one"
)


def lines(test: str, asked: Asked, worlds: Sequence[SimWorld], trouble: BaseException | None) -> list[str]:
    """Everything that helps to see the failure again, one fact per line."""
    told = [] if worlds else [f"seed {asked.seed}, no world yet"]
    for world in worlds:
        with world.world.lock:  # a server may be running
            at = f"virtual time {world.now_s:.6f} s, trace {world.world.kernel.trace_hash()}"
            told.append(f"seed {world.seed}, {at}")
            told += [f"breach {breach}" for breach in world.invariants.breaches]
            told += [
                f"fault {entry.fault.name}: {_fired(entry)}"
                for injector in world.injectors
                for entry in injector.reports()
            ]
    told.append(f"replay: pytest {shlex.quote(test)} --mesogun-seed {asked.seed}")
    if type(trouble).__module__ == "sim.fence":
        told.append(FENCE)
    return told


def attach(report: pytest.TestReport, told: Sequence[str]) -> None:
    """Put it behind the failure itself, where no option about captured output hides it."""
    text = "\n".join(told)
    failure: Any = report.longrepr
    if hasattr(failure, "addsection"):
        failure.addsection("mesogun", text)
    else:
        report.sections.append(("mesogun", text))


def _fired(entry: Any) -> str:
    return "never fired" if entry.fired_us is None else f"fired at {entry.fired_us / 1e6:.6f} s"
