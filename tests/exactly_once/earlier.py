"""A stage with a past: an earlier session of the same gun, whose refusal of a LOAD still travels on the line."""

from __future__ import annotations

from mesogun.identity import SIMULATED_KEY
from mesogun.wire import auth, frame
from mesogun.wire.codes import FrameKind, Op
from mesogun.wire.messages import Disarm, Hello, Load, Welcome
from mesogun.wire.schema import pack, unpack
from tests.exactly_once.script import Script
from tests.exactly_once.stage import Parcel, Stage

NONCE = 77


class StageWithAPast(Stage):
    """``late_seq``: the sequence number that the late refusal carries."""

    def __init__(self, script: Script, late_seq: int, *, depth: int) -> None:
        super().__init__(script, only=frozenset({Op.STOP}), depth=depth)
        self.held.append(("host", self._refusal(late_seq)))
        self.to_host.clear()

    def _refusal(self, seq: int) -> Parcel:
        """LOAD refused in the earlier session: no treatment was open then."""
        self._say(frame.encode(frame.Frame(FrameKind.REQ, Op.HELLO, 0, pack(Hello(NONCE, 0)))))
        (greeting,) = self._heard()
        welcome = unpack(Welcome, greeting.payload)
        key = auth.session_key(
            SIMULATED_KEY,
            host_nonce=NONCE,
            gun_nonce=welcome.gun_nonce,
            device_id=welcome.device_id,
            boot_id=welcome.boot_id,
            session=welcome.session,
        )
        load = frame.Frame(FrameKind.REQ, Op.LOAD, seq, pack(Load(1_000, 0xBAD, 0, 1, 20_000, 1_500)))
        self._say(frame.encode(auth.sealed(key, auth.TO_GUN, welcome.session, load)))
        parcel = self.to_host[-1]
        (refusal,) = self._heard()
        if refusal.op != Op.LOAD or refusal.payload[0] != 1:
            raise ValueError(f"LOAD was not refused: {refusal}")
        disarm = frame.Frame(FrameKind.REQ, Op.DISARM, seq + 1, pack(Disarm()))
        self._say(frame.encode(auth.sealed(key, auth.TO_GUN, welcome.session, disarm)))
        self._heard()
        return parcel

    def _say(self, data: bytes) -> None:
        self.world.gun.receive(data)
        self.world.kernel.run_for(1_000)

    def _heard(self) -> list[frame.Frame]:
        found = [item for parcel in self.to_host for item in frame.FrameReader().feed(parcel.data)]
        self.to_host.clear()
        return [item for item in found if isinstance(item, frame.Frame)]


def load_seqs(depth: int) -> list[int]:
    """Sequence numbers of the LOADs of an undisturbed treatment."""
    stage = Stage(Script((), {}), depth=depth)
    found: list[int] = []
    write = stage.write

    def noting(data: bytes) -> None:
        for item in frame.FrameReader().feed(data):
            if isinstance(item, frame.Frame) and item.op == Op.LOAD:
                found.append(item.seq)
        write(data)

    stage.write = noting  # type: ignore[method-assign]
    stage.play()
    return found
