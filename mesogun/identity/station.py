"""The station's own signing key, for checkpoints that nobody is asked to sign, and the heads it has seen.

Not responsible for making checkpoints (``mesogun.journal``). The key is owner-only, without a passphrase, because it
signs unattended: it shows that a record was made with this folder at hand, not who made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mesogun.clock import timestamp
from mesogun.errors import RecordError
from mesogun.identity.folder import Folder
from mesogun.identity.signing import Signer, pack, unpack

_KEY = "keys/station.json"
_TRUST = "trust.json"
_HEADS = "heads.json"


@dataclass(frozen=True, slots=True)
class SeenHead:
    """The newest head of a journal that this station has seen: what a rolled-back copy is held against."""

    seq: int
    hash: str
    at: str


class Station:
    """Signing key, trusted public keys and seen heads of one computer."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def signer(self) -> Signer:
        """The station's key, made on first use.

        Raises ``RecordError`` when earlier keys are on file but the key itself is gone: that is to be noticed, and
        settled with ``rotate``.
        """
        with self._folder.locked():
            content = self._folder.read(_KEY)
            if content is not None:
                return unpack(content, None, str(self._folder.path / _KEY))
            if self._own():
                raise RecordError(
                    f"{self._folder.path / _KEY}: the station's signing key is gone, though it has signed before; "
                    "restore it, or make a new one with a key rotation"
                )
            return self._make(None)

    def rotate(self, at: datetime) -> Signer:
        """A new key from now on; the public part of the old one stays trusted for what it signed."""
        with self._folder.locked():
            return self._make(at)

    def trust(self, public_key: bytes, label: str) -> None:
        """Accept checkpoints of another station (its public key, 32 bytes)."""
        with self._folder.locked():
            trusted = self._trusted()
            trusted[public_key.hex()] = {"label": label, "own": "", "until": ""}
            self._folder.write(_TRUST, {"version": 1, "keys": trusted})

    def trusted_keys(self) -> tuple[bytes, ...]:
        """Public keys whose checkpoints count: this station's, its former ones, and those it was told to trust."""
        return tuple(bytes.fromhex(key) for key in self._trusted())

    def saw_head(self, journal_id: str, seq: int, head_hash: str, at: datetime) -> None:
        """Remember a journal's head; an older one never replaces a newer one."""
        with self._folder.locked():
            content = self._folder.read(_HEADS) or {"version": 1, "heads": {}}
            known = content["heads"].get(journal_id)
            if known is None or known["seq"] < seq:
                content["heads"][journal_id] = {"seq": seq, "hash": head_hash, "at": timestamp(at)}
                self._folder.write(_HEADS, content)

    def seen_head(self, journal_id: str) -> SeenHead | None:
        """The newest head of that journal that this station remembers, or None."""
        content = self._folder.read(_HEADS)
        try:
            known = (content or {"heads": {}})["heads"].get(journal_id)
            return None if known is None else SeenHead(int(known["seq"]), str(known["hash"]), str(known["at"]))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RecordError(f"{self._folder.path / _HEADS}: damaged; restore it from a copy") from error

    def _make(self, at: datetime | None) -> Signer:
        trusted = self._trusted()
        for entry in trusted.values():
            if entry["own"] == "now":
                entry.update(own="former", until=timestamp(at) if at else "")
        signer = Signer.generate()
        trusted[signer.public_key.hex()] = {"label": "this station", "own": "now", "until": ""}
        # The key first: were it lost after the list was written, checkpoints would fail until a rotation.
        self._folder.write(_KEY, pack(signer, None))
        self._folder.write(_TRUST, {"version": 1, "keys": trusted})
        return signer

    def _own(self) -> bool:
        return any(entry["own"] for entry in self._trusted().values())

    def _trusted(self) -> dict[str, dict[str, str]]:
        content = self._folder.read(_TRUST)
        try:
            return {
                str(bytes.fromhex(key).hex()): {part: str(entry[part]) for part in ("label", "own", "until")}
                for key, entry in (content or {"keys": {}})["keys"].items()
            }
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RecordError(f"{self._folder.path / _TRUST}: damaged; restore it from a copy") from error
