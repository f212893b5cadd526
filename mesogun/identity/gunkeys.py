"""The pairing keys of guns, and the two published ones.

Not responsible for deriving session keys (``mesogun.wire``) nor for the pairing conversation (``mesogun.link``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mesogun.errors import InputError, RecordError
from mesogun.identity.folder import Folder

KEY_BYTES = 32

# Published on purpose: they show that a frame is whole, never who sent it. The host accepts the first from a
# gun of kind `simulated` only; the second is bench mode, which never treats a subject.
SIMULATED_KEY = b"mesogun simulated key, published"
BENCH_KEY = b"mesogun bench gun key, published"

_FILE = "guns.json"


@dataclass(frozen=True, slots=True)
class GunKey:
    """The pairing of one gun: ``device_id`` as HELLO names it, the key, who paired and when."""

    device_id: int
    key: bytes = field(repr=False)
    by: str
    at: str

    def __post_init__(self) -> None:
        if not 0 < self.device_id < 2**64:
            raise InputError(f"device id {self.device_id} is not a number from 1 to 2^64 - 1")
        if len(self.key) != KEY_BYTES:
            raise InputError(f"the pairing key has {len(self.key)} bytes; a pairing key has {KEY_BYTES}")
        if self.key in {SIMULATED_KEY, BENCH_KEY}:
            raise InputError("that key is published and proves nothing; pair the gun to make a fresh one")


class GunKeys:
    """The keys of all guns that this station is paired with.

    There is a moment at which nobody can know whether a gun has kept its new key. Hence the new one is *proposed*,
    beside the one in force, before the gun is asked to keep it; ``store`` ends that state.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def get(self, device_id: int) -> GunKey | None:
        """The pairing of a gun, or None."""
        return self._load()[0].get(device_id)

    def candidates(self, device_id: int) -> tuple[bytes, ...]:
        """Every key that the gun may hold: the one in force, then the proposed ones, the newest first."""
        known, proposed = self._load()
        first = (known[device_id],) if device_id in known else ()
        return tuple(pairing.key for pairing in (*first, *reversed(proposed.get(device_id, ()))))

    def list(self) -> tuple[GunKey, ...]:
        """Every pairing, by device id."""
        return tuple(pairing for _, pairing in sorted(self._load()[0].items()))

    def may_pair(self, device_id: int, *, replace: bool) -> None:
        """Refuse a pairing that nobody asked to replace, before the gun takes a new key."""
        self._refuse_second(self._load()[0], device_id, replace=replace)

    def propose(self, pairing: GunKey) -> None:
        """Keep a key that the gun is about to be asked to keep; the one in force stays."""
        with self._folder.locked():
            known, proposed = self._load()
            proposed[pairing.device_id] = (*proposed.get(pairing.device_id, ()), pairing)
            self._save(known, proposed)

    def store(self, pairing: GunKey, *, replace: bool = False) -> None:
        """Keep the key that the gun holds; one in force is replaced only when asked (a rotation or a lost memory)."""
        with self._folder.locked():
            known, proposed = self._load()
            self._refuse_second(known, pairing.device_id, replace=replace)
            known[pairing.device_id] = pairing
            proposed.pop(pairing.device_id, None)
            self._save(known, proposed)

    def forget(self, device_id: int) -> None:
        """Drop a pairing, for a gun that was lost or given away."""
        with self._folder.locked():
            known, proposed = self._load()
            if known.pop(device_id, None) is None and device_id not in proposed:
                raise InputError(f"gun {device_id:016x} is not paired with this station")
            proposed.pop(device_id, None)
            self._save(known, proposed)

    @staticmethod
    def _refuse_second(known: dict[int, GunKey], device_id: int, *, replace: bool) -> None:
        if device_id in known and not replace:
            raise InputError(
                f"gun {device_id:016x} is paired already, on {known[device_id].at}; ask for replacement to pair it anew"
            )

    def _load(self) -> tuple[dict[int, GunKey], dict[int, tuple[GunKey, ...]]]:
        content = self._folder.read(_FILE) or {"guns": {}}
        try:
            guns: dict[str, dict[str, Any]] = content["guns"]
            proposed: dict[str, Sequence[dict[str, Any]]] = content.get("proposed", {})
            return (
                {int(device, 16): _read(device, entry) for device, entry in guns.items()},
                {int(device, 16): tuple(_read(device, entry) for entry in few) for device, few in proposed.items()},
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RecordError(
                f"{self._folder.path / _FILE}: damaged ({type(error).__name__}); restore it from a copy or pair again"
            ) from error

    def _save(self, known: dict[int, GunKey], proposed: dict[int, tuple[GunKey, ...]]) -> None:
        content: dict[str, Any] = {
            "version": 1,
            "guns": {f"{device:016x}": _written(pairing) for device, pairing in known.items()},
        }
        if proposed:
            content["proposed"] = {
                f"{device:016x}": [_written(each) for each in few] for device, few in proposed.items()
            }
        self._folder.write(_FILE, content)


def _read(device: str, entry: dict[str, Any]) -> GunKey:
    return GunKey(int(device, 16), bytes.fromhex(entry["key"]), str(entry["by"]), str(entry["at"]))


def _written(pairing: GunKey) -> dict[str, str]:
    return {"key": pairing.key.hex(), "by": pairing.by, "at": pairing.at}
