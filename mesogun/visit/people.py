"""Who treats, and what kind of gun it is that they treat with.

Not responsible for roles or for keeping people (``mesogun.identity``).
"""

from __future__ import annotations

from mesogun.errors import Refused
from mesogun.gun import Gun
from mesogun.identity import Home, Operator, Role
from mesogun.wire.codes import Flag, GunKind

DEMO_OPERATOR = Operator("op-demo", Role.PRACTITIONER, "Demonstration")


def operator_for(who: str | None, *, simulated_only: bool) -> Operator:
    """The operator named, else the current one; on a simulated gun with ``--yes`` a demonstration operator will do."""
    operators = Home.open().operators
    if who is not None:
        return operators.get(who)
    current = operators.current()
    if current is not None:
        return current
    if simulated_only:
        return DEMO_OPERATOR
    raise Refused(
        "nobody is at the keyboard: mesogun operator add NAME --role practitioner, then mesogun operator use NAME"
    )


def gun_kind(gun: Gun) -> str:
    """What the gun is, with bench mode as its own kind: it never treats."""
    if gun.welcome.status.flags & Flag.BENCH:
        return "bench"
    return GunKind(gun.welcome.kind).name.lower()
