"""What an operator may order in mid-treatment, beside pausing, ending and STOP.

Each order is carried out by the runner between two looks at the gun, and refused with a reason where it cannot be.
Not responsible for who may order (``mesogun.identity``) or for asking (the screens).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skip:
    """Do not give this planned shot. A loaded one is unloaded first, and the log decides whether it was fired (H6)."""

    shot_index: int
    why: str


@dataclass(frozen=True, slots=True)
class GoTo:
    """Go on with this planned shot; what lies before it comes later. What is loaded is unloaded first."""

    shot_index: int


@dataclass(frozen=True, slots=True)
class Redo:
    """Give this planned shot once more: a new entry, counted again in every limit (H4)."""

    shot_index: int
    why: str


@dataclass(frozen=True, slots=True)
class Reassign:
    """A shot went elsewhere, the operator says; its volume stays, its position is testimony."""

    shot_index: int
    x_um: int
    y_um: int
    why: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note for the record; no names."""

    text: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """Another operator goes on."""

    to_operator: str


Order = Skip | GoTo | Redo | Reassign | Note | HandOver


def no_orders() -> Order | None:
    """Nobody orders anything."""
    return None
