"""Limits from every origin, combined: the most restrictive edge wins, and each edge says where it is from.

Not responsible for what is asked (``rules``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from mesogun.limits.subject import Subject
from mesogun.limits.tables import ANY, Agent, SiteLimits, SiteSpacing, bundled_agents
from mesogun.protocol import Bound, Kind, Protocol

EdgeName = Literal["hard_low", "soft_low", "soft_high", "hard_high"]
EDGES: tuple[EdgeName, ...] = ("hard_low", "soft_low", "soft_high", "hard_high")
Origin = Literal["protocol", "agent", "site", "subject"]

ALWAYS_REQUIRED: tuple[Kind, ...] = ("point_ml", "treatment_ml")
"""Limits that every agent needs; where nobody set one, it is zero."""


def exact(value: float) -> Fraction:
    """The decimal that a person wrote, exactly: ``exact(0.2) == Fraction(1, 5)``."""
    return Fraction(repr(value))


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge of a limit and where it is from."""

    value: Fraction
    source: str
    grade: str
    origin: Origin

    def told(self) -> str:
        """Origin, source and grade in a few words."""
        return f"{self.origin}: {self.source}, grade {self.grade}"


@dataclass(frozen=True, slots=True)
class Limits:
    """Every limit in force for one protocol, one agent and one subject.

    Attributes
    ----------
    agent : Agent or None
        The entry of the agents' table; None means that nobody knows the substance: blocked.
    edges : mapping
        (kind, edge) to the most restrictive edge.
    required : tuple of str
        Kinds that must have a hard edge; where they have none, the limit is zero.
    spacing : mapping
        The clinic's rules for combinations with other treatments, by the other's name.
    """

    agent_id: str
    agent: Agent | None
    protocol_sha256: str
    subject_ref: str | None
    edges: Mapping[tuple[Kind, EdgeName], Edge] = field(default_factory=lambda: MappingProxyType({}))
    required: tuple[Kind, ...] = ALWAYS_REQUIRED
    spacing: Mapping[str, SiteSpacing] = field(default_factory=lambda: MappingProxyType({}))

    def edge(self, kind: Kind, name: EdgeName) -> Edge | None:
        """One edge, or None where nobody set it."""
        return self.edges.get((kind, name))

    def kinds(self) -> tuple[Kind, ...]:
        """Kinds that have any edge, sorted."""
        return tuple(sorted({kind for kind, _ in self.edges}))

    def unset(self) -> tuple[Kind, ...]:
        """Required kinds without the hard edge that bounds them: each of them is zero."""
        return tuple(kind for kind in self.required if (kind, bounding_edge(kind)) not in self.edges)


def bounding_edge(kind: Kind) -> EdgeName:
    """The hard edge that keeps a subject safe: the upper one of an amount, the lower one of a distance or a pause."""
    return "hard_low" if kind in {"distance_mm", "shot_interval_ms", "interval_days"} else "hard_high"


def limits_for(protocol: Protocol, *, site: SiteLimits | None = None, subject: Subject | None = None) -> Limits:
    """The limits in force, from the protocol, the agents' table, the clinic and the subject.

    Parameters
    ----------
    protocol : Protocol
        With supplied values filled in.
    site : SiteLimits, optional
        The clinic's ``limits.toml``.
    subject : Subject, optional
        Limits that a practitioner set for this person.
    """
    agents = {agent.id: agent for agent in (*bundled_agents(), *(site.agent if site else ()))}
    agent = agents.get(protocol.agent.id)
    edges: dict[tuple[Kind, EdgeName], Edge] = {}
    for origin, bound in _bounds(protocol, agent, site, subject):
        for name in EDGES:
            value = getattr(bound, name)
            if value is None:
                continue
            edge = Edge(exact(value), bound.source, bound.grade, origin)
            key = (bound.kind, name)
            edges[key] = _stricter(edges.get(key), edge, name)
    required = ALWAYS_REQUIRED + tuple(k for k in (agent.requires if agent else ()) if k not in ALWAYS_REQUIRED)
    return Limits(
        agent_id=protocol.agent.id,
        agent=agent,
        protocol_sha256=protocol.sha256,
        subject_ref=subject.ref if subject else None,
        edges=MappingProxyType(edges),
        required=required,
        spacing=MappingProxyType({rule.other: rule for rule in (site.spacing if site else ())}),
    )


def _bounds(
    protocol: Protocol, agent: Agent | None, site: SiteLimits | None, subject: Subject | None
) -> Iterator[tuple[Origin, Bound]]:
    yield from _tagged("protocol", protocol.limits)
    yield from _tagged("agent", agent.limits if agent else ())
    if site is not None:
        yield from _tagged("site", (limit for limit in site.limit if limit.agent in {ANY, protocol.agent.id}))
    yield from _tagged("subject", subject.bounds if subject else ())


def _tagged(origin: Origin, bounds: Iterable[Bound]) -> Iterator[tuple[Origin, Bound]]:
    return ((origin, bound) for bound in bounds)


def _stricter(old: Edge | None, new: Edge, name: EdgeName) -> Edge:
    """Lower of two high edges, higher of two low ones; the first named wins a draw."""
    if old is None:
        return new
    tighter = new.value < old.value if name.endswith("high") else new.value > old.value
    return new if tighter else old
