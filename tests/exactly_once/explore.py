"""Every script within a budget of faults: first those with one deviation, then those with two, until none is left.

Each execution runs the real code from the beginning; a moment that was reached before is not explored twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.exactly_once.script import Script, SeenBefore
from tests.exactly_once.stage import Stage, Violation


@dataclass
class Explored:
    """What an exploration came to: executions, distinct moments, the longest execution, and the first violation."""

    budget: Mapping[str, int]
    executions: int = 0
    moments: int = 0
    deepest: int = 0
    closed: bool = False
    violation: str | None = None
    trace: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        faults = ", ".join(f"{count} {kind}" for kind, count in self.budget.items()) or "no faults"
        end = "closed" if self.closed else "stopped"
        return f"{faults}: {self.executions} executions, {self.moments} moments, up to {self.deepest} choices, {end}"


def explore(budget: Mapping[str, int], *, most: int = 100_000, make: Callable[[Script], Stage] = Stage) -> Explored:
    """Explore breadth-first by the number of deviations; stops at the first violation."""
    result = Explored(budget)
    seen: set[object] = set()
    ahead: deque[tuple[int, ...]] = deque([()])
    while ahead and result.executions < most:
        script = Script(ahead.popleft(), budget, seen)
        result.executions += 1
        try:
            make(script).play()
        except SeenBefore:
            pass
        except Violation as violation:
            result.violation = str(violation)
            result.trace = list(script.names)
        result.deepest = max(result.deepest, len(script.taken))
        if result.violation is not None:
            break
        for at, options in script.branches:
            for other in range(1, options):
                ahead.append((*script.taken[:at], other))
    result.moments = len(seen)
    result.closed = not ahead and result.violation is None
    return result
