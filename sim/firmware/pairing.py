"""Pairing at the gun's end: button, code on the display, button again, key kept durably before the answer.

Not responsible for the mathematics (``mesogun.wire.pairing``). A gun of kind ``simulated`` keeps the published key
and refuses; only worlds built as another kind pair.
"""

from __future__ import annotations

import hmac

from mesogun.errors import AuthError
from mesogun.wire import messages as m
from mesogun.wire import pairing
from mesogun.wire.codes import GunKind, Reason
from sim.firmware.machine import Machine
from sim.firmware.requests import OK, Requests, refused
from sim.firmware.session import Answer
from sim.kernel import Stream

WINDOW_US = pairing.PAIRING_WINDOW_S * 1_000_000


class Pairing:
    """One pairing at a time, in RAM."""

    def __init__(self, machine: Machine, requests: Requests, kind: GunKind, stream: Stream) -> None:
        self._machine = machine
        self._kind = kind
        self._stream = stream
        self._until_us = -1
        self._agreement: pairing.Agreement | None = None
        self._exchanged: tuple[bytes, bytes] | None = None  # the public keys of both ends
        self._agreed = False
        self._kept: bytes | None = None  # the proof that the last pairing ended with: its answer may have been lost
        requests.add(m.PairBegin, self.begin)
        requests.add(m.PairConfirm, self.confirm)

    def reset(self) -> None:
        """Power was lost, or the bench switch moved: a pairing under way is over, what it kept is in memory."""
        self._forget()
        self._kept = None

    def press(self) -> None:
        """The pairing button: opens the window, or says that the codes agree; a third press starts anew."""
        if self._agreement is not None and self._open() and not self._agreed:
            self._agreed = True
        else:
            self.reset()
            self._until_us = self._machine.kernel.now_us + WINDOW_US

    def begin(self, message: m.PairBegin) -> Answer:
        """Exchange keys; the display shows the code. The same again has the same answer: the first may be lost."""
        if self._exchanged is not None and self._open() and self._exchanged[0] == message.public_key:
            return Answer(tail=(self._exchanged[1],))
        if self._kind is not GunKind.CLINICAL or self._machine.bench or not self._open() or self._agreement is not None:
            return refused(Reason.NOT_PAIRING)
        own = pairing.key_pair(bytes(self._stream.integer(256) for _ in range(32)))
        kept = self._machine.store.kept
        try:
            self._agreement = pairing.agree(
                own,
                host_public=message.public_key,
                gun_public=own.public,
                device_id=kept.device_id,
                nvm_id=kept.nvm_id,
            )
        except AuthError:
            self._forget()
            return refused(Reason.NOT_PAIRING)
        self._exchanged = (message.public_key, own.public)
        self._machine.panel.display = self._agreement.code
        return Answer(tail=(own.public,))

    def confirm(self, message: m.PairConfirm) -> Answer:
        """Keep the key, if the button was pressed a second time and the proof fits; one wrong proof ends it."""
        agreement = self._agreement
        if agreement is None and self._kept is not None and hmac.compare_digest(self._kept, message.proof):
            return OK
        if agreement is None or not self._agreed or not self._open():
            return refused(Reason.NOT_PAIRING)
        good = hmac.compare_digest(agreement.proof, message.proof)
        self._forget()
        if not good:
            return refused(Reason.NOT_PAIRING)
        if not self._machine.store.put("key", agreement.key, 1):
            return refused(Reason.FAULT)
        self._kept = agreement.proof
        return OK

    def _open(self) -> bool:
        return self._machine.kernel.now_us < self._until_us

    def _forget(self) -> None:
        self._until_us = -1
        self._agreement = self._exchanged = None
        self._agreed = False
        self._machine.panel.display = ""
