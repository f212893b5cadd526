"""Handing a treatment over to another practitioner, with the signature of who takes it.

Not responsible for recording it (an event of ``mesogun.record``) nor for stopping the gun meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mesogun.clock import timestamp
from mesogun.errors import Refused
from mesogun.identity.operators import Operators
from mesogun.identity.roles import Action
from mesogun.identity.signing import verify_signature


@dataclass(frozen=True, slots=True)
class Handover:
    """Who gave a treatment to whom and when; ``signature`` is the taker's, over ``message()``."""

    treatment: str
    giver: str
    taker: str
    at: str
    public_key: bytes
    signature: bytes

    def message(self) -> bytes:
        """What was signed."""
        parts = ("mesogun handover 1", self.treatment, self.giver, self.taker, self.at)
        return "\0".join(parts).encode()


def hand_over(operators: Operators, treatment: str, taker: str, passphrase: str, *, at: datetime) -> Handover:
    """Let ``taker`` take the treatment from the current operator, who stays current if anything is refused.

    Raises ``Refused`` when there is no current operator, when the taker may not treat or is the same person, or
    when the passphrase is wrong.
    """
    giver = operators.current()
    if giver is None:
        raise Refused("nobody is at the keyboard to hand over; `mesogun operator use` says who is")
    taking = operators.get(taker)
    taking.require(Action.TREAT)
    if taking.reference == giver.reference:
        raise Refused(f"operator {giver.reference} has the treatment already")
    signer = operators.unlock(taking.reference, passphrase)
    draft = Handover(treatment, giver.reference, taking.reference, timestamp(at), signer.public_key, b"")
    signed = Handover(
        draft.treatment, draft.giver, draft.taker, draft.at, draft.public_key, signer.sign(draft.message())
    )
    operators.use(taking.reference)
    return signed


def verify_handover(handover: Handover, people: Mapping[bytes, str]) -> bool:
    """Whether the signature is right and the key is, or was, the taker's (``people``: ``Operators.public_keys``)."""
    owner = people.get(handover.public_key)
    return owner == handover.taker and verify_signature(handover.public_key, handover.message(), handover.signature)
