"""Approvals of protocols: made by a practitioner, signed with the practitioner's key, read back from the journal.

Not responsible for what an approval permits (``mesogun.limits.approval``).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mesogun.errors import InputError
from mesogun.identity import Action, Home, Operator, Role, verify_signature
from mesogun.journal import Filter
from mesogun.limits import Approval
from mesogun.protocol import Protocol
from mesogun.record.events import ProtocolApproved

if TYPE_CHECKING:
    from mesogun.journal import Journal


def approval_message(protocol_sha256: str, operator: str, day: str, why: str, *, withdrawn: bool) -> bytes:
    """What is signed: exactly these bytes of a protocol, by whom, when and why."""
    parts = ("mesogun protocol approval 1", protocol_sha256, operator, day, why, "withdrawn" if withdrawn else "given")
    return "\0".join(parts).encode()


def approval(
    item: Protocol, operator: Operator, why: str, today: date, *, withdrawn: bool, passphrase: str
) -> ProtocolApproved:
    """The event of one approval; ``Refused`` unless the role may, ``InputError`` without a reason."""
    operator.require(Action.APPROVE_PROTOCOL)
    if not why.strip():
        raise InputError("say why with --why")
    day = today.isoformat()
    signer = Home.open().operators.unlock(operator.reference, passphrase)
    signature = signer.sign(approval_message(item.sha256, operator.reference, day, why, withdrawn=withdrawn))
    return ProtocolApproved(
        item.id, item.sha256, operator.reference, operator.role.value, day, why, withdrawn,
        signer.public_key.hex(), signature.hex(),
    )  # fmt: skip


def approvals(record: Journal) -> tuple[Approval, ...]:
    """Every approval on record whose signature holds."""
    found = []
    for row in record.rows(chosen=Filter(kinds=("ProtocolApproved",))):
        event = row.event
        if isinstance(event, ProtocolApproved) and _holds(event):
            day = date.fromisoformat(event.day)
            found.append(
                Approval(event.protocol_sha256, event.operator, Role(event.role), day, event.why, event.withdrawn)
            )
    return tuple(found)


def _holds(event: ProtocolApproved) -> bool:
    if not event.signature:
        return False
    message = approval_message(event.protocol_sha256, event.operator, event.day, event.why, withdrawn=event.withdrawn)
    return verify_signature(bytes.fromhex(event.public_key), message, bytes.fromhex(event.signature))
