"""What a treatment uses up: the lot in the syringe, and needles and nozzles with their use counters.

Reads what a person says and counts earlier uses in the journal. Not responsible for the rules
(``mesogun.limits.consumables``) or for a syringe that is changed in mid-treatment (``mesogun.treatment``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mesogun.errors import InputError, Refused
from mesogun.limits import SiteLimits
from mesogun.limits.consumables import Lot, Part, check_lot, check_parts, expiry
from mesogun.record import events as ev

if TYPE_CHECKING:
    from mesogun.journal import Journal


@dataclass(frozen=True, slots=True)
class Supplies:
    """What was said to be in and on the gun; ``parts`` are pairs of kind and serial."""

    code: str | None = None
    expires: str | None = None
    opened_at: datetime | None = None
    open_for: timedelta | None = None
    parts: tuple[tuple[str, str], ...] = ()

    def lot(self, agent_id: str) -> Lot | None:
        """The lot for the plan's agent; ``None`` where none was named."""
        if self.code is None or self.expires is None:
            return None
        return Lot(agent_id, self.code, expiry(self.expires), self.opened_at, self.open_for)


def take_supplies(options: Mapping[str, Any]) -> Supplies:
    """The supplies out of a command's keyword arguments.

    Raises
    ------
    InputError
        For half a lot, a time that is none, or a part without kind or serial.
    """
    code, expires = options["lot"], options["expiry"]
    if (code is None) != (expires is None):
        raise InputError("--lot and --expiry go together: both stand on the vial")
    hours = options["open_for_h"]
    if (options["opened"] is None) != (hours is None):
        raise InputError("--opened and --open-for-h go together: an open vial needs both")
    if hours is not None and hours <= 0:
        raise InputError(f"--open-for-h {hours:g}: a vial is open for more than 0 hours")
    return Supplies(
        code,
        expires,
        None if options["opened"] is None else _when(options["opened"]),
        None if hours is None else timedelta(hours=hours),
        tuple(_part(text) for text in options["part"]),
    )


def taken(
    record: Journal | None,
    supplies: Supplies,
    *,
    agent_id: str,
    site: SiteLimits | None,
    now: datetime,
    left_nl: int,
    operator: str,
) -> list[ev.Event]:
    """The events for what is used, once nothing stands against using it; without a record nothing was used before.

    Raises
    ------
    Refused
        With every lot and part that may not be used now.
    """
    lot = supplies.lot(agent_id)
    limits = {} if site is None else {part.kind: part.max_uses for part in site.part}
    parts = [Part(kind, serial, _uses(record, kind, serial), limits.get(kind)) for kind, serial in supplies.parts]
    found = [*(() if lot is None else check_lot(lot, agent_id, now)), *check_parts(parts)]
    if found:
        raise Refused("; ".join(violation.message for violation in found))
    fitted: list[ev.Event] = [ev.PartFitted(part.kind, part.serial, operator) for part in parts]
    if lot is not None:
        fitted.append(ev.SyringeInserted(lot.code, lot.expires_on.isoformat(), left_nl, operator))
    return fitted


def _uses(record: Journal | None, kind: str, serial: str) -> int:
    """In how many treatments of this journal the part was fitted."""
    from mesogun.journal import Filter

    rows = () if record is None else record.rows(chosen=Filter(kinds=("PartFitted",)))
    return len(
        {
            row.treatment
            for row in rows
            if isinstance(row.event, ev.PartFitted) and (row.event.part, row.event.serial) == (kind, serial)
        }
    )


def _part(text: str) -> tuple[str, str]:
    kind, _, serial = (piece.strip() for piece in text.partition(":"))
    if not kind or not serial:
        raise InputError(f"--part {text}: name a kind and what is printed on it, for example needle:A1234")
    return kind, serial


def _when(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--opened {text}: a time looks like 2026-01-05T09:00") from error
    return at.astimezone() if at.tzinfo is None else at
