"""Reads an area from a file; the suffix says which kind.

Not responsible for shapes (``repair``) nor for what each format says (``csvfile``, ``svgfile``, ``jsonfile``,
``dxffile``).
"""

from __future__ import annotations

from pathlib import Path

from mesogun.area import csvfile, dxffile, jsonfile, svgfile
from mesogun.area.model import Area
from mesogun.area.plausible import check_site
from mesogun.area.repair import from_loops
from mesogun.errors import InputError

MAX_BYTES = 20_000_000
"""An outline of 100 000 vertices needs less; larger files are not outlines."""

UNITS_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4}
KINDS = ".csv, .svg, .geojson, .json or .dxf"


def read(path: Path, *, units: str | None = None, site: str | None = None) -> Area:
    """Read an area from a CSV, SVG, GeoJSON or DXF file, or from a photo outline with its scale.

    Parameters
    ----------
    path : Path
        The suffix decides: ``.csv``, ``.svg``, ``.geojson``, ``.json`` or ``.dxf``.
    units : str, optional
        ``mm``, ``cm``, ``m`` or ``in``, for files that do not say; a file that says something else is refused.

    site : str, optional
        Part of the body, to check that the size is plausible; see ``plausible``.

    Raises
    ------
    InputError
        In one line: the file, the place, and what would work.
    """
    if units is not None and units not in UNITS_MM:
        raise InputError(f"units {units!r}: use one of {', '.join(UNITS_MM)}")
    text = text_of(path)
    kind = path.suffix.lower()
    if kind == ".csv":
        loops, notes = csvfile.loops(text, path.name, UNITS_MM[units or "mm"])
    elif kind == ".svg":
        loops, notes = svgfile.loops(text, path.name, None if units is None else UNITS_MM[units])
    elif kind in {".geojson", ".json"}:
        loops, notes = jsonfile.loops(text, path.name, None if units is None else UNITS_MM[units])
    elif kind == ".dxf":
        loops, notes = dxffile.loops(text, path.name, None if units is None else UNITS_MM[units])
    else:
        raise InputError(f"{path.name}: cannot read {kind or 'a file without a suffix'} as an area; use {KINDS}")
    area = from_loops(loops, path.stem, notes)
    return area if site is None else check_site(area, site)


def text_of(path: Path) -> str:
    """The text of a file, a byte-order mark removed; refuses what is no text or too large."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path.name}: {size / 1e6:.0f} MB is too large for an outline; simplify it")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise InputError(f"{path.name}: is not {encoding} text (byte {error.start}); save as UTF-8") from error
    raise AssertionError("the empty mark matches every file")
