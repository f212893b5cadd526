"""Who is at the keyboard, and which key a gun is spoken to with.

Not responsible for roles or for keeping keys (``mesogun.identity``).
"""

from __future__ import annotations

from collections.abc import Callable

from mesogun.errors import Refused
from mesogun.identity import BENCH_KEY, SIMULATED_KEY, Home, Operator, Role
from mesogun.wire.codes import GunKind
from mesogun.wire.messages import Welcome

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


def key_finder() -> Callable[[Welcome], bytes | None]:
    """Which pairing key fits the gun that has just answered: published ones only for bench and simulated guns."""
    home = Home.open()

    def find(welcome: Welcome) -> bytes | None:
        if welcome.kind == GunKind.SIMULATED:
            return SIMULATED_KEY
        if welcome.kind == GunKind.BENCH:
            return BENCH_KEY
        return home.gun_key(welcome.device_id)

    return find
