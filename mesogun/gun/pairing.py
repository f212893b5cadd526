"""Pairing a gun with this station: the conversation, as two calls with the operator in between.

Not responsible for the mathematics (``mesogun.wire.pairing``) or for keeping the key (``mesogun.identity``): the
caller stores it only after ``confirm`` returned.
"""

from __future__ import annotations

from typing import cast

from mesogun.errors import AuthError, GunRefused, LinkTimeout, OutcomeUnknown, Refused
from mesogun.gun.driver import Gun
from mesogun.gun.keys import published_key
from mesogun.wire import messages as m
from mesogun.wire.codes import Reason
from mesogun.wire.pairing import PAIRING_WINDOW_S, Agreement, agree, key_pair, same_code

_POLL_US = 250_000


class Pairing:
    """One pairing in progress: ``begin`` it, ask the operator for the code on the gun's display, ``confirm`` it."""

    def __init__(self, gun: Gun, agreement: Agreement) -> None:
        self._gun = gun
        self._agreement = agreement
        self.device_id = gun.welcome.device_id

    @classmethod
    def begin(cls, gun: Gun) -> Pairing:
        """Exchange keys; the gun now shows its code.

        Raises
        ------
        GunRefused
            If the gun's pairing button was not pressed within the last 60 s.
        Refused
            The gun uses a published key at present.
        """
        welcome = gun.welcome
        if published_key(welcome) is not None:
            raise Refused("this gun uses a published key now (simulated, or in bench mode): there is nothing to pair")
        own = key_pair()
        offer = cast(m.PairOffer, gun.link.request(m.PairBegin(public_key=own.public)))
        return cls(
            gun,
            agree(
                own,
                host_public=own.public,
                gun_public=offer.public_key,
                device_id=welcome.device_id,
                nvm_id=welcome.nvm_id,
            ),
        )

    def confirm(self, typed: str, *, deadline_ms: int = PAIRING_WINDOW_S * 1000) -> bytes:
        """Check the code that the operator read from the display; wait for the gun's button; return the pairing key.

        Raises
        ------
        AuthError
            If the codes differ: somebody sits on the cable, or it was mistyped. Nothing was kept on either side.
        InputError
            If what was typed is no code at all.
        LinkTimeout
            If the gun's button was not pressed in time.
        OutcomeUnknown
            If the gun's last answer was lost: it may have kept the new key. Pair again.
        """
        if not same_code(typed, self._agreement.code):
            raise AuthError("the code on the gun's display is another one; do not press its button, start pairing anew")
        clock = self._gun.clock
        end_us = clock.monotonic_us() + deadline_ms * 1000
        while True:
            try:
                self._gun.link.request(m.PairConfirm(proof=self._agreement.proof))
            except GunRefused as refusal:
                if refusal.reason != Reason.NOT_PAIRING or clock.monotonic_us() >= end_us:
                    raise
            except LinkTimeout as error:
                raise OutcomeUnknown(
                    "the gun may or may not have kept the new key, its answer was lost; pair it again"
                ) from error
            else:
                return self._agreement.key
            clock.sleep_us(_POLL_US)
