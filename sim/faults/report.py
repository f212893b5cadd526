"""What became of every fault of a plan: its place reached or not, something happened or not, and why not.

Not responsible for placing faults or for what they do (``inject``, ``effects``).
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.faults.plan import Fault, FaultPlan
from sim.kernel import Kernel


@dataclass(frozen=True, slots=True)
class Nothing:
    """The place was reached and there was nothing to break; why."""

    why: str


@dataclass(frozen=True, slots=True)
class Later:
    """The fault waits for what it acts on: bytes, a write, the host's next touch."""


Came = Nothing | Later | None
"""What an effect says when its place is reached; ``None``: it has happened."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one fault: its place was reached at ``armed_us``, it first broke something at ``fired_us``."""

    fault: Fault
    fired_us: int | None
    armed_us: int | None = None
    why: str = ""

    @property
    def state(self) -> str:
        """``fired``, ``armed`` (in its place, and what it acts on has not come) or ``never fired``."""
        if self.fired_us is not None:
            return "fired"
        return "armed" if self.armed_us is not None and not self.why else "never fired"

    def __str__(self) -> str:
        if self.fired_us is not None:
            return f"{self.fault.name}: fired at {self.fired_us / 1e6:.6f} s"
        return f"{self.fault.name}: {self.state} ({self._why_not()})"

    def _why_not(self) -> str:
        if self.why:
            return self.why
        return "its place was not reached" if self.armed_us is None else "what it acts on has not come since"


class Book:
    """The reports of one plan while the world runs."""

    def __init__(self, plan: FaultPlan, kernel: Kernel) -> None:
        self._plan = plan
        self._kernel = kernel
        self._armed: dict[int, int] = {}
        self._fired: dict[int, int] = {}
        self._why: dict[int, str] = {}

    def reach(self, index: int) -> bool:
        """The place of a fault is reached; ``False`` when it was before: a fault is placed once."""
        if index in self._armed:
            return False
        self._armed[index] = self._kernel.now_us
        return True

    def happened(self, fault: Fault) -> None:
        """It broke something; the first time counts."""
        self._fired.setdefault(self._plan.faults.index(fault), self._kernel.now_us)

    def nothing(self, fault: Fault, why: str) -> None:
        """It can break nothing any more."""
        self._why.setdefault(self._plan.faults.index(fault), why)

    def reports(self) -> list[Report]:
        """One per fault, in the order of the plan."""
        return [
            Report(fault, self._fired.get(at), self._armed.get(at), self._why.get(at, ""))
            for at, fault in enumerate(self._plan.faults)
        ]
