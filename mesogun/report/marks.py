"""One shape and one colour for each thing that can be known of a shot, on the map and in its legend.

Not responsible for where they stand.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mesogun.record import Mark
from mesogun.report.svg import number, text

MEANING: dict[Mark, str] = {
    Mark.GIVEN: "given in full",
    Mark.PARTIAL: "given in part",
    Mark.INDETERMINATE: "indeterminate: the gun cannot say how much",
    Mark.LOADED: "loaded, outcome not known yet",
    Mark.SKIPPED: "skipped, not given",
    Mark.PENDING: "not given",
}
Places = Sequence[tuple[float, float]]


def drawn(mark: Mark, places: Places, size: float) -> Markup:
    """All marks of one kind as few elements; ``size`` is a radius."""
    if not places:
        return Markup("")
    shapes = {
        Mark.GIVEN: _discs,
        Mark.PARTIAL: _triangles,
        Mark.INDETERMINATE: _diamonds,
        Mark.LOADED: _squares,
        Mark.SKIPPED: _crosses,
        Mark.PENDING: _rings,
    }
    return shapes[mark](places, size)


def key(mark: Mark) -> Markup:
    """The mark alone, for a legend."""
    return _icon(drawn(mark, [(6.0, 6.0)], 2.6))


def _icon(shape: Markup) -> Markup:
    return Markup('<svg viewBox="0 0 12 12" class="key" aria-hidden="true">{}</svg>').format(shape)


def _dots(places: Places) -> str:
    # A line of no length with a round cap is a disc: the shortest way to write thousands.
    return "".join(f"M{number(x, 1)} {number(y, 1)}h0" for x, y in places)


def _stroked(data: str, kind: str, width: float) -> Markup:
    return Markup('<path d="{}" class="{}" stroke-width="{}"/>').format(data, kind, number(width))


def _discs(places: Places, size: float) -> Markup:
    data = _dots(places)
    return _stroked(data, "dot edge", 2.0 * size) + _stroked(data, "dot given", 1.45 * size)


def _rings(places: Places, size: float) -> Markup:
    data = _dots(places)
    return _stroked(data, "dot pending", 1.7 * size) + _stroked(data, "dot blank", 1.05 * size)


def _triangles(places: Places, size: float) -> Markup:
    r = 1.8 * size
    each = f"l{number(0.87 * r)} {number(1.5 * r)}h{number(-1.74 * r)}z"
    return _stroked("".join(f"M{number(x)} {number(y - r)}{each}" for x, y in places), "partial", 0.3 * size)


def _diamonds(places: Places, size: float) -> Markup:
    r = 2.2 * size
    n, m = number(r), number(-r)
    each = f"l{n} {n} {m} {n} {m} {m}z"
    shape = _stroked("".join(f"M{number(x)} {number(y - r)}{each}" for x, y in places), "indeterminate", 0.3 * size)
    signs = [text(x, y + 0.95 * size, "?", "sign", "middle") for x, y in places]
    style = Markup('<g font-size="{}">').format(number(2.7 * size))
    return shape + style + Markup("").join(signs) + Markup("</g>")


def _squares(places: Places, size: float) -> Markup:
    s = 2.6 * size
    each = f"h{number(s)}v{number(s)}h{number(-s)}z"
    data = "".join(f"M{number(x - s / 2)} {number(y - s / 2)}{each}" for x, y in places)
    return _stroked(data, "loaded", 0.3 * size)


def _crosses(places: Places, size: float) -> Markup:
    r = 1.3 * size
    n = number(2.0 * r)
    m = number(-2.0 * r)
    data = "".join(f"M{number(x - r)} {number(y - r)}l{n} {n}m{m} 0l{n} {m}" for x, y in places)
    return _stroked(data, "halo", 1.5 * size) + _stroked(data, "skipped", 0.75 * size)


def moved(pairs: Sequence[tuple[tuple[float, float], tuple[float, float]]], size: float) -> Markup:
    """From the planned place to where an operator says that the shot went."""
    if not pairs:
        return Markup("")
    data = "".join(f"M{number(a[0])} {number(a[1])}L{number(b[0])} {number(b[1])}" for a, b in pairs)
    return _stroked(data, "halo", 0.8 * size) + _stroked(data, "moved", 0.35 * size)


def again(places: Places, size: float) -> Markup:
    """A ring around points that were fired more than once."""
    if not places:
        return Markup("")
    r = 2.1 * size
    n, d = number(r), number(2.0 * r)
    data = "".join(f"M{number(x - r)} {number(y)}a{n} {n} 0 1 0 {d} 0a{n} {n} 0 1 0 -{d} 0" for x, y in places)
    return _stroked(data, "halo", 0.9 * size) + _stroked(data, "again", 0.4 * size)


AGAIN_KEY = _icon(again([(6.0, 6.0)], 2.2) + _discs([(6.0, 6.0)], 2.2))
MOVED_KEY = _icon(moved([((1.0, 10.0), (8.0, 3.0))], 2.2) + _discs([(8.5, 2.8)], 2.2))
EXCLUDED_KEY = _icon(Markup('<rect x="1" y="2" width="10" height="8" class="excluded"/>'))
