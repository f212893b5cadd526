"""Who may do what: one table, default deny.

Not responsible for soft and hard limits themselves (``mesogun.limits``): a hard limit has no action here,
because nobody may override it.
"""

from __future__ import annotations

from enum import Enum, unique

from mesogun.errors import Refused


@unique
class Role(Enum):
    """What a person at the keyboard is there to do."""

    VIEWER = "viewer"
    PRACTITIONER = "practitioner"
    TECHNICIAN = "technician"
    ADMIN = "admin"


@unique
class Action(Enum):
    """Everything that a role is asked for; what is not listed here cannot be permitted."""

    VIEW = "look at records"
    TREAT = "treat"
    PRIME = "prime a needle"
    OVERRIDE_SOFT = "override a soft limit"
    APPROVE_PROTOCOL = "approve a protocol"
    SETTLE = "settle an open question of a treatment"
    CALIBRATE = "calibrate a gun"
    TEST = "fire test shots"
    PAIR = "pair a gun"
    SET_LIMITS = "set the site's limits"
    MANAGE_PEOPLE = "manage people"
    MANAGE_KEYS = "manage keys"


_MAY: dict[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset({Action.VIEW}),
    Role.PRACTITIONER: frozenset(
        {
            Action.VIEW,
            Action.TREAT,
            Action.PRIME,
            Action.OVERRIDE_SOFT,
            Action.APPROVE_PROTOCOL,
            Action.SETTLE,
            Action.SET_LIMITS,
        }
    ),
    Role.TECHNICIAN: frozenset({Action.VIEW, Action.PRIME, Action.CALIBRATE, Action.TEST, Action.PAIR}),
    Role.ADMIN: frozenset({Action.VIEW, Action.PAIR, Action.MANAGE_PEOPLE, Action.MANAGE_KEYS}),
}


def may(role: Role, action: Action) -> bool:
    """Whether the table permits it."""
    return action in _MAY[role]


def require(role: Role, action: Action) -> None:
    """Return quietly, or raise ``Refused`` with the roles that may."""
    if not may(role, action):
        able = ", ".join(other.value for other in Role if may(other, action))
        raise Refused(f"a {role.value} may not {action.value}; who may: {able}")
