"""Putting a page on disk, whole or not at all.

Not responsible for what stands in it.
"""

from __future__ import annotations

from pathlib import Path

from mesogun.errors import InputError


def put(page: bytes, out_dir: Path, name: str) -> Path:
    """Write ``page`` as ``out_dir/name``; the folder is made, an older page of that name is replaced.

    Raises
    ------
    InputError
        If the name is no plain file name, or the file cannot be written.
    """
    if name != Path(name).name or not name.isprintable():
        raise InputError(f"{name!r} is no name for a file; a treatment's reference is 16 hexadecimal digits")
    path = out_dir / name
    partial = path.with_suffix(".part")
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(page)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}; choose another folder") from error
    return path
