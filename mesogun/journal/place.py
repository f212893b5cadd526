"""Where a journal may lie: on a disk of this computer, in a file that is ours.

Everything here looks at a file without opening it as a database, so a foreign file stays untouched. Not responsible
for damage inside the file (``mesogun.journal.verify``).
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

from mesogun.errors import InputError, RecordError
from mesogun.journal import schema

# WAL needs shared memory between its users, which a share cannot give (sqlite.org/wal.html, section 1).
NETWORK_FILESYSTEMS = frozenset(
    {
        *(
            "9p",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "coda",
            "davfs",
            "glusterfs",
            "gpfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs4",
        ),
        *("ocfs2", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "webdav"),
        *("fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)
_HEADER = 100


def check_local(path: Path) -> None:
    """Refuse a file on a network share; ``RecordError`` names the kind of share."""
    kind = filesystem_of(path)
    if kind in NETWORK_FILESYSTEMS:
        raise RecordError(
            f"{path}: lies on a network share ({kind}), where SQLite can lose or damage records; put the journal on a "
            "local disk, or use postgresql:// for several stations"
        )


def filesystem_of(path: Path) -> str:
    """Kind of file system that ``path`` lies on, "" when this operating system does not tell."""
    if sys.platform == "win32":
        return "smb3" if _windows_remote(path) else ""
    try:
        table = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    return mounted_as(path.resolve(), table)


def mounted_as(path: Path, mountinfo: str) -> str:
    """Kind of the deepest mount above ``path``, from the text of ``/proc/self/mountinfo`` (man 5 proc)."""
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        left, found, right = line.partition(" - ")
        fields = left.split(" ")
        if not found or len(fields) < 5:
            continue
        mount = Path(fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        # Of two mounts on one place the later hides the earlier.
        if path.is_relative_to(mount) and len(mount.parts) >= best:
            best, kind = len(mount.parts), right.split(" ")[0]
    return kind


def _windows_remote(path: Path) -> bool:
    drive = path.resolve().drive
    if drive.startswith("\\\\"):
        return True
    import ctypes

    remote = 4  # DRIVE_REMOTE
    windll = getattr(ctypes, "windll")  # noqa: B009  (exists on Windows only)
    return bool(windll.kernel32.GetDriveTypeW(f"{drive}\\") == remote)


def check_ours(path: Path) -> None:
    """Refuse a file that is not a journal of a version that we know, by its first 100 bytes only.

    The layout is that of the SQLite file format (sqlite.org/fileformat2.html, section 1.3).
    """
    try:
        if not path.is_file():
            raise InputError(f"{path}: is not a file; name a journal file")
        with path.open("rb") as stream:
            header = stream.read(_HEADER)
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror})") from error
    if len(header) < _HEADER or not header.startswith(b"SQLite format 3\0"):
        raise RecordError(f"{path}: this is no journal; the file was left as it is, name another")
    (application,) = struct.unpack_from(">I", header, 68)
    if application != schema.APPLICATION_ID:
        raise RecordError(f"{path}: an SQLite file of another program; it was left as it is, name another")
    (version,) = struct.unpack_from(">I", header, 60)
    check_version(str(path), version)
    page_size = struct.unpack_from(">H", header, 16)[0]
    page_size = 65536 if page_size == 1 else page_size
    # With a WAL beside it a torn end is mended when the file is opened; alone, nothing can mend it.
    if path.stat().st_size % page_size and not path.with_name(path.name + "-wal").exists():
        raise RecordError(f"{path}: the file was cut off (not a whole number of pages); restore a backup")


def check_version(where: str, version: int) -> None:
    """Refuse a version newer than ours, or none at all."""
    if version > schema.VERSION:
        raise RecordError(
            f"{where}: written by a newer mesogun (journal version {version}, this one knows {schema.VERSION}); "
            "it was left as it is, update mesogun"
        )
    if version < 1:
        raise RecordError(f"{where}: damaged, the journal version is {version}; restore a backup")


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable."""
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
