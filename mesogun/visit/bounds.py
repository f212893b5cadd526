"""Limits that a practitioner sets for one subject: to the journal and back.

Not responsible for combining them with the others (``mesogun.limits.combine``); they can only tighten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mesogun.errors import InputError, RecordError
from mesogun.identity import Action, Operator, check_subject
from mesogun.journal import Filter
from mesogun.limits import bundled_agents
from mesogun.limits.combine import EDGES
from mesogun.limits.tables import ANY, SiteLimits
from mesogun.protocol import Bound
from mesogun.record.events import SubjectLimited

if TYPE_CHECKING:
    from mesogun.journal import Journal


def limited(
    subject: str,
    agent: str,
    kind: str,
    edges: Mapping[str, float],
    *,
    operator: Operator,
    why: str,
    site: SiteLimits | None = None,
) -> SubjectLimited:
    """The event of one limit for one subject; no edge takes an earlier one back.

    Raises
    ------
    Refused
        Unless the role may set limits.
    InputError
        For an agent or kind that nobody knows, edges out of order, or no reason.
    """
    operator.require(Action.SET_LIMITS)
    if not why.strip():
        raise InputError("say why with --why")
    known = {ANY, *(entry.id for entry in (*bundled_agents(), *(site.agent if site else ())))}
    if agent not in known:
        raise InputError(f"no agent {agent!r} in the table, nor in the clinic's limits.toml")
    _bound(kind, edges if edges else {"hard_high": 0.0}, why)  # a kind that is taken back must exist too
    text = {name: repr(edges[name]) if name in edges else "" for name in EDGES}
    return SubjectLimited(check_subject(subject), agent, kind, **text, operator=operator.reference, why=why)


def subject_bounds(record: Journal, subject: str, agent: str) -> tuple[Bound, ...]:
    """The limits on record for this subject and agent; of one kind, for one agent, the newest one holds."""
    found: dict[tuple[str, str], SubjectLimited] = {}
    for row in record.rows(chosen=Filter(kinds=("SubjectLimited",))):
        event = row.event
        if isinstance(event, SubjectLimited) and event.subject == subject and event.agent in {ANY, agent}:
            found[event.agent, event.limit] = event
    bounds = []
    for event in found.values():
        edges: dict[str, float] = {name: float(text) for name in EDGES if (text := getattr(event, name))}
        if edges:
            try:
                bounds.append(_bound(event.limit, edges, f"set by {event.operator}: {event.why}"))
            except InputError as error:
                raise RecordError(f"a recorded limit of subject {subject} cannot be read: {error}") from error
    return tuple(bounds)


def _bound(kind: str, edges: Mapping[str, float], source: str) -> Bound:
    try:
        return Bound.model_validate({"kind": kind, **edges, "source": source[:200], "grade": "site"})
    except ValueError as error:
        lines = " ".join(line.strip() for line in str(error).splitlines()[1:3])
        raise InputError(f"{kind}: {lines}") from error
