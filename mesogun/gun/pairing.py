"""Pairing a gun with this station: the conversation, as two calls with the operator in between.

Cut off at any moment, it leaves a gun that holds the old key or the new one, and a station that holds both: the new
key is on disk before the gun is asked to keep it, and in force only when the gun has answered a HELLO under it. Not
responsible for the mathematics (``mesogun.wire.pairing``) or for files (``mesogun.identity``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from mesogun.errors import AuthError, GunRefused, LinkLost, MesogunError, OutcomeUnknown, Refused, WireError
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

    def confirm(
        self, typed: str, keep: Callable[[bytes], None], *, deadline_ms: int = PAIRING_WINDOW_S * 1000
    ) -> bytes:
        """Check the code that the operator read from the display, wait for the gun's button, prove the new key.

        Parameters
        ----------
        typed
            What the operator read.
        keep
            Puts the new key on disk beside the old one; called before the gun is asked to keep it (W-55).
        deadline_ms
            For the gun's button.

        Returns
        -------
        bytes
            The pairing key, 32 bytes; the gun has answered a HELLO under it.

        Raises
        ------
        AuthError
            If the codes differ: somebody sits on the cable, or it was mistyped. Nothing was kept on either side.
        InputError
            If what was typed is no code at all.
        GunRefused, Refused
            If the gun has proved that it did not keep the new key: its button was not pressed in time, for example.
        OutcomeUnknown
            If nobody answered any more: the gun holds the old key or the new one, and this station has both.
        """
        if not same_code(typed, self._agreement.code):
            raise AuthError("the code on the gun's display is another one; do not press its button, start pairing anew")
        key = self._agreement.key
        if not self._gun.in_session:  # a second try, after the proof of a first one has failed
            self._gun.hello()
        keep(key)
        trouble = self._ask_to_keep(deadline_ms)
        try:
            self._gun.hello(keys=lambda _: key)
        except AuthError as error:
            if isinstance(trouble, GunRefused):
                raise trouble from None
            raise Refused("the gun did not keep the new key, its old one holds; start pairing anew") from error
        except (LinkLost, WireError) as error:
            raise OutcomeUnknown(
                "the gun may or may not have kept the new key, nobody answered any more; this station has both keys:"
                " connect the gun again, then `mesogun gun info`"
            ) from error
        return key

    def _ask_to_keep(self, deadline_ms: int) -> MesogunError | None:
        """Ask until the gun's button was pressed; what stood in the way, if anything did."""
        clock = self._gun.clock
        end_us = clock.monotonic_us() + deadline_ms * 1000
        while True:
            try:
                self._gun.link.request(m.PairConfirm(proof=self._agreement.proof))
            except GunRefused as refusal:
                if refusal.reason != Reason.NOT_PAIRING or clock.monotonic_us() >= end_us:
                    return refusal
            except (LinkLost, WireError) as error:
                return error
            else:
                return None
            clock.sleep_us(_POLL_US)
