"""One folder that only its owner can read: atomic, durable JSON files under one lock.

Not responsible for what the files mean.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mesogun.errors import InputError, RecordError

_POSIX = os.name == "posix"


class Folder:
    """An owner-only folder; created on first use, refused when others can read it.

    Raises ``InputError`` when the folder belongs to somebody else or is open to others: keys that may have
    been read are to be looked at by a person, not tightened in silence.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{path}: cannot be used as the folder for keys ({error.strerror}); set MESOGUN_HOME to one that can"
            ) from error
        self._check(path)

    def read(self, name: str) -> dict[str, Any] | None:
        """The JSON object in ``name``, or None when the file does not exist."""
        path = self.path / name
        try:
            self._check(path)
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            content = json.loads(text)
        except ValueError as error:
            raise RecordError(f"{path}: damaged, not readable as JSON; restore it from a copy") from error
        if not isinstance(content, dict):
            raise RecordError(f"{path}: damaged, not a JSON object; restore it from a copy")
        return content

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Replace ``name`` at once and durably, readable by the owner only."""
        path = self.path / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # mkstemp creates with mode 0600
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(content, stream, indent=1, sort_keys=True)
                stream.write("\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock, so that two programs do not overwrite each other's change."""
        handle = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock_file(handle, wait=True)
            yield
        finally:
            os.close(handle)

    def _check(self, path: Path) -> None:
        if not _POSIX:
            return  # Windows: the profile folder is owner-only by inheritance
        found = path.stat()
        if found.st_uid != os.geteuid():
            raise InputError(f"{path}: belongs to another user; set MESOGUN_HOME to a folder of your own")
        if stat.S_IMODE(found.st_mode) & 0o077:
            mode = "700" if path.is_dir() else "600"
            raise InputError(
                f"{path}: others can read it (mode {stat.S_IMODE(found.st_mode):o}); if nobody has, chmod {mode} it, "
                "otherwise replace the keys"
            )


def sync_folder(path: Path) -> None:
    """Make a rename or a new file in ``path`` durable."""
    if not _POSIX:
        return  # NTFS journals its directory entries; there is no handle to sync
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def lock_file(handle: int, *, wait: bool) -> None:
    """Lock an open file exclusively until it is closed or the process dies; ``BlockingIOError`` if it is taken."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from error
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
