"""What an operator may order in mid-treatment, beside pausing, ending and STOP.

Each order is carried out by the runner between two looks at the gun, and refused with a reason where it cannot be.
Not responsible for who may order (``mesogun.identity``) or for asking (the screens).
"""

from __future__ import annotations

from dataclasses import dataclass

from mesogun.identity import Handover
from mesogun.record import TreatmentState


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
    """Another operator goes on; ``signed`` is theirs, from ``mesogun.identity.hand_over``, where they have a key."""

    to_operator: str
    signed: Handover | None = None


@dataclass(frozen=True, slots=True)
class NameSyringe:
    """Lot and expiry of the syringe in the gun, as printed: ``YYYY-MM-DD``, ``YYYY-MM`` or the barcode's six digits."""

    lot: str
    expiry: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The operator has seen every alarm that is shown; none is cleared by that."""


Order = Skip | GoTo | Redo | Reassign | Note | HandOver | NameSyringe | Acknowledge


def impossible(order: Order, state: TreatmentState, shots: int) -> str | None:
    """Why an order cannot be carried out on a plan of ``shots`` shots; ``None`` if it can."""
    match order:
        case Note(text):
            return None if text.strip() else "an empty note was not kept"
        case HandOver(to_operator, signed):
            if signed is not None and signed.taker != to_operator:
                return f"this handover was signed by {signed.taker}, not by {to_operator}"
            return None if to_operator.strip() else "handing over needs an operator"
        case NameSyringe() | Acknowledge():
            return None
        case Skip(index, why) | Redo(index, why) | Reassign(index, _, _, why):
            if not why.strip():
                return f"{type(order).__name__.lower()} of point {index + 1} was not done: it needs a reason"
        case GoTo(index):
            pass
    if not 0 <= index < shots:
        return f"there is no point {index + 1} in this plan"
    to_come = index in state.open_shots() or index in state.loadable()
    if isinstance(order, Skip) and not to_come:
        return f"point {index + 1} was not skipped: nothing of it is to come"
    if isinstance(order, Redo) and (index not in state.outcomes or to_come):
        return f"point {index + 1} cannot be redone: it has no record yet"
    if isinstance(order, Reassign) and index not in state.outcomes:
        return f"point {index + 1} was not given, so it cannot have gone elsewhere"
    return None


def no_orders() -> Order | None:
    """Nobody orders anything."""
    return None
