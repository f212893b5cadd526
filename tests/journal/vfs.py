"""A shim between the unmodified SQLite engine and the operating system: it records, and it can fail.

It wraps the default VFS (sqlite.org/vfs.html): every call goes through to the real one, and writes, truncations, syncs
and deletions of the database and its WAL are noted in the order in which the engine made them. Needs the SQLite
library that Python's ``sqlite3`` itself uses as a shared library.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OK, IOERR_WRITE, IOERR_FSYNC, FULL = 0, 10 | 3 << 8, 10 | 4 << 8, 13
_MAIN_DB, _WAL = 0x100, 0x80000

_int, _ptr, _i64, _str = ctypes.c_int, ctypes.c_void_p, ctypes.c_int64, ctypes.c_char_p
_OPEN = ctypes.CFUNCTYPE(_int, _ptr, _ptr, _ptr, _int, _ptr)
_DELETE = ctypes.CFUNCTYPE(_int, _ptr, _str, _int)
_CLOSE = ctypes.CFUNCTYPE(_int, _ptr)
_WRITE = ctypes.CFUNCTYPE(_int, _ptr, _ptr, _int, _i64)
_TRUNCATE = ctypes.CFUNCTYPE(_int, _ptr, _i64)
_SYNC = ctypes.CFUNCTYPE(_int, _ptr, _int)


class _Vfs(ctypes.Structure):
    _fields_ = [
        ("iVersion", _int),
        ("szOsFile", _int),
        ("mxPathname", _int),
        ("pNext", _ptr),
        ("zName", _str),
        ("pAppData", _ptr),
        ("xOpen", _OPEN),
        ("xDelete", _DELETE),
        *((name, _ptr) for name in ("xAccess", "xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose")),
        *((name, _ptr) for name in ("xRandomness", "xSleep", "xCurrentTime", "xGetLastError")),
        *((name, _ptr) for name in ("xCurrentTimeInt64", "xSetSystemCall", "xGetSystemCall", "xNextSystemCall")),
    ]


class _Methods(ctypes.Structure):
    _fields_ = [
        ("iVersion", _int),
        ("xClose", _CLOSE),
        ("xRead", _ptr),
        ("xWrite", _WRITE),
        ("xTruncate", _TRUNCATE),
        ("xSync", _SYNC),
        *((name, _ptr) for name in ("xFileSize", "xLock", "xUnlock", "xCheckReservedLock", "xFileControl")),
        *((name, _ptr) for name in ("xSectorSize", "xDeviceCharacteristics", "xShmMap", "xShmLock")),
        *((name, _ptr) for name in ("xShmBarrier", "xShmUnmap", "xFetch", "xUnfetch")),
    ]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the engine did to a file, or a mark of the test."""

    what: str  # write, truncate, sync, delete, mark
    file: str = ""
    offset: int = 0
    data: bytes = b""


class Shim:
    """A VFS named ``name``; ``steps`` is what went through it.

    ``fault`` is asked before each step that touches the disk and returns an SQLite error code, or OK to let it pass.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps: list[Step] = []
        self.fault: Callable[[Step], int] = lambda _: OK
        self._files: dict[int, tuple[str, _Methods]] = {}
        self._tables: dict[int, _Methods] = {}
        self._library = library()
        self._real = _Vfs.from_address(self._library.sqlite3_vfs_find(None))
        self._vfs = _Vfs()
        ctypes.memmove(ctypes.byref(self._vfs), ctypes.byref(self._real), ctypes.sizeof(_Vfs))
        self._vfs.zName = name.encode()
        self._vfs.pNext = None
        self._vfs.xOpen = _OPEN(self._open)
        self._vfs.xDelete = _DELETE(self._delete)

    def mark(self, text: str) -> None:
        """Note something between the engine's steps."""
        self.steps.append(Step("mark", text))

    def register(self) -> None:
        """Make the VFS known to SQLite."""
        assert self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 0) == OK

    def unregister(self) -> None:
        """Take it away again."""
        self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs))

    def _open(self, _vfs: int, path: int | None, file: int, flags: int, out: int | None) -> int:
        code = int(self._real.xOpen(ctypes.addressof(self._real), path, file, flags, out))
        if code == OK and path and flags & (_MAIN_DB | _WAL):
            slot = ctypes.cast(file, ctypes.POINTER(_ptr))
            original = slot[0]
            assert original is not None
            self._files[file] = (Path(ctypes.string_at(path).decode()).name, _Methods.from_address(original))
            slot[0] = ctypes.addressof(self._table(original))
        return code

    def _table(self, original: int) -> _Methods:
        if original not in self._tables:
            table = _Methods()
            ctypes.memmove(ctypes.byref(table), original, ctypes.sizeof(_Methods))
            table.iVersion = 2  # without xFetch: nothing is written through a memory map
            table.xClose = _CLOSE(self._close)
            table.xWrite = _WRITE(self._write)
            table.xTruncate = _TRUNCATE(self._truncate)
            table.xSync = _SYNC(self._sync)
            self._tables[original] = table
        return self._tables[original]

    def _close(self, file: int) -> int:
        _, real = self._files.pop(file)
        return int(real.xClose(file))

    def _write(self, file: int, data: int, size: int, offset: int) -> int:
        name, real = self._files[file]
        step = Step("write", name, offset, ctypes.string_at(data, size))
        return self.fault(step) or self._done(step, real.xWrite(file, data, size, offset))

    def _truncate(self, file: int, size: int) -> int:
        name, real = self._files[file]
        step = Step("truncate", name, size)
        return self.fault(step) or self._done(step, real.xTruncate(file, size))

    def _sync(self, file: int, flags: int) -> int:
        name, real = self._files[file]
        step = Step("sync", name)
        return self.fault(step) or self._done(step, real.xSync(file, flags))

    def _delete(self, _vfs: int, path: bytes, sync_folder: int) -> int:
        step = Step("delete", Path(path.decode()).name)
        return self.fault(step) or self._done(step, self._real.xDelete(ctypes.addressof(self._real), path, sync_folder))

    def _done(self, step: Step, code: Any) -> int:
        if code == OK:
            self.steps.append(step)
        return int(code)


def library() -> ctypes.CDLL:
    """The very library that the ``sqlite3`` module uses: another copy would not see our VFS."""
    listed = subprocess.run(["ldd", _sqlite3.__file__], capture_output=True, text=True, check=True).stdout
    (path,) = (line.split()[2] for line in listed.splitlines() if "libsqlite3" in line)
    loaded = ctypes.CDLL(path)
    loaded.sqlite3_vfs_find.restype = ctypes.c_void_p
    loaded.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
    return loaded


@contextmanager
def shim(name: str) -> Iterator[Shim]:
    """A registered shim for the time of the block."""
    made = Shim(name)
    made.register()
    try:
        yield made
    finally:
        made.unregister()
