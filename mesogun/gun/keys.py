"""Which pairing key fits a gun that answered HELLO. Not responsible for keeping keys (``mesogun.identity``).

The published key of simulated guns is offered to guns of kind ``simulated`` only, and not where this station holds a
key of the gun's own; the published bench key to guns whose HELLO says bench mode. Neither opens a clinical session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mesogun.identity import BENCH_KEY, SIMULATED_KEY
from mesogun.wire.codes import Flag, GunKind
from mesogun.wire.messages import Welcome


class KeyBook(Protocol):
    """What knows the keys of paired guns: ``mesogun.identity.Home``."""

    def gun_key(self, device_id: int) -> bytes | None:
        """The pairing key of a gun, or ``None``."""
        ...


def published_key(welcome: Welcome) -> bytes | None:
    """The published key that this gun uses, or ``None`` if it has one of its own."""
    if welcome.kind == GunKind.SIMULATED:
        return SIMULATED_KEY
    if welcome.kind == GunKind.BENCH or welcome.status.flags & Flag.BENCH:
        return BENCH_KEY
    return None


def key_source(home: KeyBook) -> Callable[[Welcome], bytes | None]:
    """A key source for ``connect``: published keys where a gun may use them, else the pairing of this station."""

    def key_for(welcome: Welcome) -> bytes | None:
        published = published_key(welcome)
        own = home.gun_key(welcome.device_id)
        if own in (SIMULATED_KEY, BENCH_KEY):
            own = None
        if published == BENCH_KEY or own is None:
            return published
        return own

    return key_for
