"""Outlines from SVG: physical units, viewBox, nested transforms, curves, layers; y turned to point up.

Every closed shape is a zone, named by its label, else by its layer. A shape, group or layer whose label, id or
class starts with ``exclu`` is an exclusion zone; one that starts with ``guide`` or ``ignore``, hidden shapes, text and
images are left out. Not responsible for mending shapes (``repair``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from xml.etree import ElementTree

import svgelements as svg

from mesogun.area.flatten import flatten
from mesogun.area.model import UnitsMissing
from mesogun.area.repair import Loop
from mesogun.errors import InputError

PX_PER_IN = 96.0
"""CSS Values and Units Module Level 3, section 5.2: one inch is 96 px."""

_METRIC_IN = 0.0393701
"""What svgelements takes for one millimetre in inches (six digits); undone here, or 1 m would be 1 um short."""

_MM_PER_PX = {
    "mm": 1 / (_METRIC_IN * PX_PER_IN),
    "cm": 1 / (_METRIC_IN * PX_PER_IN),
    "in": 25.4 / PX_PER_IN,
    "pt": 25.4 / PX_PER_IN,
    "pc": 25.4 / PX_PER_IN,
}

GAP_MM = 0.01
"""Ends of a path nearer than this count as closed."""

_INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
_LENGTH = re.compile(r"\s*([0-9.+eE-]+)\s*(mm|cm|in|pt|pc|px|)\s*")
_AUTOMATIC_ID = re.compile(r"(path|rect|circle|ellipse|polygon|g|layer|use|svg)[-_]?[0-9-]+")
_Attributes = dict[str, str]


def loops(text: str, name: str, unit_mm: float | None) -> tuple[list[Loop], list[str]]:
    """The loops of an SVG text, in mm, y up.

    Parameters
    ----------
    text : str
        The file's text.
    name : str
        The file's name, for messages.
    unit_mm : float or None
        Length of one user unit, for a file whose width and height have no physical unit; refused where they have one.
    """
    root = _root(text, name)
    unit = _physical(root, name, unit_mm)
    mm_per_px = float(unit_mm or 0) if unit is None else _MM_PER_PX[unit]
    try:
        drawing = svg.SVG.parse(StringIO(text), ppi=PX_PER_IN, reify=True)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, RecursionError) as error:
        raise InputError(f"{name}: cannot be read as SVG: {' '.join(str(error).split()) or 'damaged path'}") from error
    found: list[Loop] = []
    for shape, zone, label in _shapes(drawing, (), name):
        path = svg.Path(shape)
        path.reify()
        for points, gap_px in flatten(path, 0.002 / mm_per_px):
            if len(points) < 2:
                continue
            if gap_px * mm_per_px > GAP_MM:
                raise InputError(
                    f"{name}, {label}: the path is not closed, its ends are {gap_px * mm_per_px:.2f} mm apart; "
                    "close it, or move it to a layer called guide"
                )
            found.append(Loop(tuple((x * mm_per_px, -y * mm_per_px) for x, y in points), zone, label))
    return found, []


def _root(text: str, name: str) -> ElementTree.Element:
    if "<!ENTITY" in text:
        raise InputError(f"{name}: declares XML entities; save it as plain SVG")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 -- without entities there is nothing to expand
    except ElementTree.ParseError as error:
        raise InputError(f"{name}: not well-formed XML: {error}") from error
    if root.tag.rsplit("}", maxsplit=1)[-1] != "svg":
        raise InputError(f"{name}: the outermost element is {root.tag!r}, not svg")
    return root


def _physical(root: ElementTree.Element, name: str, unit_mm: float | None) -> str | None:
    """The unit that width and height share, or None where they are in pixels and the caller says what those are."""
    units: list[str] = []
    for key in ("width", "height"):
        length = _LENGTH.fullmatch(root.get(key, ""))
        if length is None and unit_mm is None:
            raise InputError(f"{name}: {key} {root.get(key, 'is missing')!r} has no physical size; set it in mm")
        units.append("" if length is None else length[2])
    physical = all(unit in {"mm", "cm", "in", "pt", "pc"} for unit in units)
    if physical and unit_mm is not None:
        raise InputError(f"{name}: states its own units ({units[0]}); do not give others")
    if not physical and root.get("viewBox") is not None:
        raise InputError(f"{name}: a viewBox without a physical width and height; set both in mm")
    if not physical and unit_mm is None:
        raise UnitsMissing(
            f"{name}: width and height are in pixels, whose size nobody knows; set them in mm, or give the units"
        )
    if physical and len(set(units)) > 1:
        raise InputError(f"{name}: width in {units[0]} and height in {units[1]}; use one unit")
    return units[0] if physical else None


def _shapes(group: svg.Group, names: tuple[str, ...], name: str) -> Iterator[tuple[svg.Shape, str | None, str]]:
    for element in group:
        attributes: _Attributes = dict(element.values.get("attributes", {}))
        own = _names(attributes)
        style = f"{attributes.get('style', '')};display:{attributes.get('display', '')}".replace(" ", "")
        if "display:none" in style or any(_starts(n, ("guide", "ignore")) for n in own):
            continue
        if isinstance(element, svg.Group):
            yield from _shapes(element, (*names, *own), name)
        elif isinstance(element, svg.Shape):
            spoken = [n for n in (*own, *reversed(names)) if not _AUTOMATIC_ID.fullmatch(n)]
            label = spoken[0] if spoken else "area"
            excluded = any(_starts(n, ("exclu",)) for n in (*own, *names))
            yield element, None if excluded else label, f"{'exclusion ' if excluded else ''}shape {label!r}"


def _names(attributes: _Attributes) -> tuple[str, ...]:
    keys = (f"{_INKSCAPE}label", "id", "class")
    return tuple(attributes[key].strip() for key in keys if attributes.get(key, "").strip())


def _starts(name: str, beginnings: tuple[str, ...]) -> bool:
    return name.lower().startswith(beginnings)
