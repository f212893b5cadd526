"""Which choice comes next, and what faults may still happen. Not responsible for what the choices do."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class SeenBefore(BaseException):
    """The rest of this execution was explored already."""


class Script:
    """Follows ``given`` choices, then always takes the first option, and notes what else could have been chosen."""

    def __init__(self, given: tuple[int, ...], budget: Mapping[str, int], seen: set[object] | None = None) -> None:
        self.given = given
        self.taken: list[int] = []
        self.names: list[str] = []
        self.branches: list[tuple[int, int]] = []  # position, how many options
        self._budget = dict(budget)
        self._seen = seen

    def left(self, kind: str) -> bool:
        """Whether a fault of this kind may still happen."""
        return self._budget.get(kind, 0) > 0

    def spend(self, kind: str) -> None:
        """One fault less of this kind."""
        self._budget[kind] -= 1

    def choose(self, options: list[str], fingerprint: Callable[[], object]) -> str:
        """The option for this moment."""
        at = len(self.taken)
        if at < len(self.given):
            chosen = self.given[at]
        else:
            chosen = 0
            if len(options) > 1 and self._seen is not None:
                moment = (fingerprint(), tuple(options), tuple(sorted(self._budget.items())))
                if moment in self._seen:
                    raise SeenBefore
                self._seen.add(moment)
                self.branches.append((at, len(options)))
        self.taken.append(chosen)
        self.names.append(options[chosen])
        return options[chosen]
