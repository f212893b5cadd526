"""Limits as people ask about them: which one holds and where it is from, a clinic's file as text, overrides counted.

Not responsible for printing (``mesogun.cli``) nor for reading overrides from a journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mesogun.limits.combine import EDGES, EdgeName, Limits
from mesogun.limits.rules import UNIT, number
from mesogun.limits.tables import Agent, SiteLimit, SiteLimits
from mesogun.protocol import Kind

REVIEW_SHARE = 0.5
"""A soft limit that is passed in more than this share of the treatments it was checked in is due for review."""


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One edge in force; ``value`` is 0 and ``origin`` empty for a required limit that nobody set."""

    kind: Kind
    edge: EdgeName
    value: float
    unit: str
    origin: str
    source: str
    grade: str

    def told(self) -> str:
        """One line: what holds and where it is from."""
        word = self.edge.replace("_", " ")
        where = f"{self.origin}: {self.source}, grade {self.grade}" if self.origin else "nobody set it"
        return f"{self.kind} {word} {self.value:g} {self.unit} ({where})"


def limit_lines(limits: Limits) -> tuple[LimitLine, ...]:
    """Every edge in force, required limits that nobody set first."""
    unset = [LimitLine(kind, "hard_high", 0.0, UNIT[kind], "", "", "") for kind in limits.unset()]
    found = []
    for kind in limits.kinds():
        for name in EDGES:
            edge = limits.edge(kind, name)
            if edge is not None:
                value = float(number(edge.value))
                found.append(LimitLine(kind, name, value, UNIT[kind], edge.origin, edge.source, edge.grade))
    return (*unset, *found)


@dataclass(frozen=True, slots=True)
class OverrideCount:
    """How often one soft limit was passed, in how many treatments that were cleared."""

    rule: str
    overridden: int
    treatments: int

    @property
    def share(self) -> float:
        """Part of the treatments in which it was passed."""
        return self.overridden / self.treatments if self.treatments else 0.0

    @property
    def due_for_review(self) -> bool:
        """Whether it is passed so often that the limit itself should be looked at."""
        return self.share > REVIEW_SHARE


def override_counts(overrides: Iterable[tuple[str, str]], treatments: int) -> tuple[OverrideCount, ...]:
    """Overrides as (treatment, rule), counted once per treatment, most frequent first."""
    counts = Counter(rule for _, rule in set(overrides))
    return tuple(OverrideCount(rule, n, treatments) for rule, n in sorted(counts.items(), key=lambda c: (-c[1], c[0])))


def with_limit(site: SiteLimits, limit: SiteLimit) -> SiteLimits:
    """The clinic's limits with one added, or put in place of the one for the same agent and kind."""
    kept = tuple(old for old in site.limit if (old.agent, old.kind) != (limit.agent, limit.kind))
    return site.model_copy(update={"limit": (*kept, limit)})


def site_text(site: SiteLimits) -> str:
    """A clinic's limits as the TOML that :func:`parse_site` reads back to the same value."""
    parts = [f"format = {site.format}\nset_by = {_string(site.set_by)}\nset_on = {_string(site.set_on)}\n"]
    parts += [_agent(agent) for agent in site.agent]
    parts += [
        "[[limit]]\n" + _fields(limit.model_dump(exclude_defaults=True) | {"agent": limit.agent})
        for limit in site.limit
    ]
    parts += ["[[part]]\n" + _fields(part.model_dump()) for part in site.part]
    parts += ["[[spacing]]\n" + _fields(rule.model_dump()) for rule in site.spacing]
    return "\n".join(parts)


def _agent(agent: Agent) -> str:
    fields = agent.model_dump(exclude_defaults=True, exclude={"limits"})
    inner = "".join("[[agent.limits]]\n" + _fields(b.model_dump(exclude_defaults=True)) for b in agent.limits)
    return "[[agent]]\n" + _fields(fields) + inner


def _fields(fields: dict[str, object]) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in fields.items())


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return repr(value)


def _string(text: str) -> str:
    """A TOML basic string; everything that is not plain is escaped."""
    plain = {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(plain.get(c, c if c.isprintable() else f"\\U{ord(c):08x}") for c in text) + '"'
