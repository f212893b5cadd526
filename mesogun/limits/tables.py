"""The tables of limits as files hold them: the agents, and a clinic's own ``limits.toml``.

Not responsible for combining them (``combine``) nor for checking (``rules``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mesogun.errors import InputError
from mesogun.protocol import Bound, Kind, bundled_bibliography
from mesogun.protocol.load import MAX_BYTES, parse_model, raise_faults
from mesogun.protocol.quantity import Key, Strict, Text

Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]

ANY = "*"
"""Agent of a clinic's limit that holds for every agent."""


class Agent(Strict):
    """A substance: what it is called, what is known of it, and the limits that a source sets.

    ``requires`` names limits that must be set before anything is given, beyond those that every agent needs.
    """

    id: Key
    name: Text
    also_called: tuple[Text, ...] = ()
    unit: Literal["mg/mL", "U/mL", "mixture"]
    brand: Text | None = None
    sources: Annotated[tuple[Key, ...], Field(min_length=1)]
    requires: tuple[Kind, ...] = ()
    blocked: Text | None = None
    retired: bool = False
    note: str = Field(default="", max_length=600)
    limits: tuple[Bound, ...] = ()

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        kinds = [bound.kind for bound in self.limits]
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            raise ValueError(f"{self.id}: two limits of kind {', '.join(twice)}")
        return self


class AgentFile(Strict):
    """The agents' table."""

    format: Literal[1]
    agent: Annotated[tuple[Agent, ...], Field(max_length=500)]


class SiteLimit(Bound):
    """A clinic's limit for one agent, or ``*`` for all; who set it is part of it."""

    agent: Annotated[str, Field(pattern=r"^(\*|[a-z0-9][a-z0-9.-]{0,63})$")]
    grade: Literal["A", "B", "C", "site", "demo"] = "site"


class SitePart(Strict):
    """How often a kind of part may be used in this clinic; a kind that is not listed is single use."""

    kind: Key
    max_uses: Annotated[int, Field(ge=1, le=10_000)]
    source: Text


class SiteSpacing(Strict):
    """How many days must lie between a treatment and another kind of treatment of the same skin."""

    other: Literal["laser", "peel"]
    days: Annotated[int, Field(ge=1, le=3650)]
    source: Text


class SiteLimits(Strict):
    """A clinic's ``limits.toml``: its agents and limits, how often parts may be used, what keeps which distance."""

    format: Literal[1]
    set_by: Text
    set_on: Day
    agent: Annotated[tuple[Agent, ...], Field(max_length=500)] = ()
    limit: Annotated[tuple[SiteLimit, ...], Field(max_length=2_000)] = ()
    part: Annotated[tuple[SitePart, ...], Field(max_length=100)] = ()
    spacing: Annotated[tuple[SiteSpacing, ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        pairs = [(limit.agent, limit.kind) for limit in self.limit]
        twice = sorted({f"{agent} {kind}" for agent, kind in pairs if pairs.count((agent, kind)) > 1})
        kinds = [part.kind for part in self.part]
        twice += sorted({f"part {kind}" for kind in kinds if kinds.count(kind) > 1})
        others = [rule.other for rule in self.spacing]
        twice += sorted({f"spacing {other}" for other in others if others.count(other) > 1})
        if twice:
            raise ValueError(f"set twice: {', '.join(twice)}")
        return self


def parse_agents(text: str, name: str) -> tuple[Agent, ...]:
    """An agents' table; ``InputError`` with every fault, unknown sources and repeated ids included."""
    agents = parse_model(text, name, AgentFile).agent
    known = {source.key for source in bundled_bibliography()}
    faults = []
    for agent in agents:
        cited = [*agent.sources, *(bound.source for bound in agent.limits), *(k for b in agent.limits for k in b.also)]
        faults += [f"agent {agent.id}: source {key!r} is in no bibliography" for key in cited if key not in known]
    ids = [agent.id for agent in agents]
    faults += [f"agent {key}: stands there twice" for key in sorted({k for k in ids if ids.count(k) > 1})]
    raise_faults(name, faults)
    return agents


def parse_site(text: str, name: str) -> SiteLimits:
    """A clinic's limits; ``InputError`` with every fault. A limit for an agent that no table knows is a fault."""
    site = parse_model(text, name, SiteLimits)
    known = {agent.id for agent in (*bundled_agents(), *site.agent)}
    bundled = {agent.id for agent in bundled_agents()}
    faults = [
        f"agent.{agent.id}: is an entry of the bundled table, which a clinic can only tighten; use [[limit]]"
        for agent in site.agent
        if agent.id in bundled
    ]
    faults += [
        f"limit.{limit.kind}: no agent {limit.agent!r} in the table; add an [[agent]] or correct the id"
        for limit in site.limit
        if limit.agent != ANY and limit.agent not in known
    ]
    raise_faults(name, faults)
    return site


def load_site(path: Path) -> SiteLimits:
    """Read a clinic's ``limits.toml``; ``InputError`` if it cannot be read or with every fault."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: more than {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    return parse_site(text, str(path))


def joined(clinic: SiteLimits | None, demonstration: SiteLimits) -> SiteLimits:
    """Both at once: of two limits of one kind the stricter one holds (``combine``), everything else is the clinic's."""
    if clinic is None:
        return demonstration
    return clinic.model_copy(update={"limit": (*clinic.limit, *demonstration.limit)})


@cache
def bundled_agents() -> tuple[Agent, ...]:
    """The agents' table that ships with the library."""
    import protocols

    return parse_agents(protocols.read("_agents"), "_agents.toml")
