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

    def gun_keys(self, device_id: int) -> tuple[bytes, ...]:
        """Every key that the gun may hold, the likeliest first."""
        ...


def published_key(welcome: Welcome) -> bytes | None:
    """The published key that this gun uses, or ``None`` if it has one of its own."""
    if welcome.kind == GunKind.SIMULATED:
        return SIMULATED_KEY
    if welcome.kind == GunKind.BENCH or welcome.status.flags & Flag.BENCH:
        return BENCH_KEY
    return None


def key_source(home: KeyBook) -> Callable[[Welcome], bytes | tuple[bytes, ...] | None]:
    """A key source for ``connect``: published keys where a gun may use them, else the pairing of this station."""

    def key_for(welcome: Welcome) -> bytes | tuple[bytes, ...] | None:
        published = published_key(welcome)
        own = tuple(key for key in home.gun_keys(welcome.device_id) if key not in (SIMULATED_KEY, BENCH_KEY))
        return published if published == BENCH_KEY or not own else own

    return key_for
