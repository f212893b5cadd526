"""The pairing keys of guns, and the two published ones.

Not responsible for deriving session keys (``mesogun.wire``) nor for the pairing conversation (``mesogun.link``).
"""

from __future__ import annotations

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
    """The keys of all guns that this station is paired with."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def get(self, device_id: int) -> GunKey | None:
        """The pairing of a gun, or None."""
        return self._load().get(device_id)

    def list(self) -> tuple[GunKey, ...]:
        """Every pairing, by device id."""
        return tuple(pairing for _, pairing in sorted(self._load().items()))

    def store(self, pairing: GunKey, *, replace: bool = False) -> None:
        """Keep a pairing; an existing one is replaced only when asked (a rotation or a lost gun memory)."""
        with self._folder.locked():
            known = self._load()
            if pairing.device_id in known and not replace:
                raise InputError(
                    f"gun {pairing.device_id:016x} is paired already, on {known[pairing.device_id].at}; "
                    "ask for replacement to pair it anew"
                )
            known[pairing.device_id] = pairing
            self._save(known)

    def forget(self, device_id: int) -> None:
        """Drop a pairing, for a gun that was lost or given away."""
        with self._folder.locked():
            known = self._load()
            if known.pop(device_id, None) is None:
                raise InputError(f"gun {device_id:016x} is not paired with this station")
            self._save(known)

    def _load(self) -> dict[int, GunKey]:
        content = self._folder.read(_FILE)
        try:
            entries: dict[str, dict[str, Any]] = content["guns"] if content else {}
            return {
                int(device, 16): GunKey(
                    int(device, 16), bytes.fromhex(entry["key"]), str(entry["by"]), str(entry["at"])
                )
                for device, entry in entries.items()
            }
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RecordError(
                f"{self._folder.path / _FILE}: damaged ({type(error).__name__}); restore it from a copy or pair again"
            ) from error

    def _save(self, known: dict[int, GunKey]) -> None:
        entries = {
            f"{device:016x}": {"key": pairing.key.hex(), "by": pairing.by, "at": pairing.at}
            for device, pairing in known.items()
        }
        self._folder.write(_FILE, {"version": 1, "guns": entries})
