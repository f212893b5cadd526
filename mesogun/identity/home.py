"""The one folder of a station: people, gun keys, the station's key.

Not responsible for journals, reports or protocols, which may lie anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from mesogun.clock import timestamp
from mesogun.identity.folder import Folder
from mesogun.identity.gunkeys import GunKey, GunKeys
from mesogun.identity.operators import Operators
from mesogun.identity.signing import Signer
from mesogun.identity.station import Station


class Home:
    """Everything that identifies people, guns and this station, in one owner-only folder.

    Attributes
    ----------
    operators
        The people, and who is at the keyboard.
    guns
        Pairing keys by device id.
    station
        The station's signing key, the public keys it trusts, the journal heads it has seen.
    """

    def __init__(self, path: Path) -> None:
        folder = Folder(path)
        self.path = path
        self.operators = Operators(folder)
        self.guns = GunKeys(folder)
        self.station = Station(folder)

    @classmethod
    def open(cls, path: Path | None = None, environ: Mapping[str, str] | None = None) -> Home:
        """The folder named, else ``MESOGUN_HOME``, else the user's data folder of the operating system."""
        environ = os.environ if environ is None else environ
        if path is None and environ.get("MESOGUN_HOME"):
            path = Path(environ["MESOGUN_HOME"])
        if path is None:
            import platformdirs

            path = platformdirs.user_data_path("mesogun", appauthor=False) / "home"
        return cls(path)

    def gun_key(self, device_id: int) -> bytes | None:
        """The pairing key of a gun, 32 bytes, or None when it is not paired."""
        pairing = self.guns.get(device_id)
        return None if pairing is None else pairing.key

    def gun_keys(self, device_id: int) -> tuple[bytes, ...]:
        """Every key that the gun may hold, the one in force first; more than one after a pairing that was cut off."""
        return self.guns.candidates(device_id)

    def store_gun_key(self, device_id: int, key: bytes, *, by: str, at: datetime, replace: bool = False) -> None:
        """Keep the key of a freshly paired gun; ``by`` is the operator's reference."""
        self.guns.store(GunKey(device_id, key, by, timestamp(at)), replace=replace)

    def propose_gun_key(self, device_id: int, key: bytes, *, by: str, at: datetime) -> None:
        """Keep, beside the key in force, one that the gun is about to be asked to keep."""
        self.guns.propose(GunKey(device_id, key, by, timestamp(at)))

    def signing_key(self) -> Signer:
        """The station's signing key, made on first use."""
        return self.station.signer()
