"""The printable 1:1 template: outline, exclusion zones, points, crop marks, and a 50 mm ruler to check the print.

SVG is one sheet of its own size; PDF is A4, on as many pages as the area needs, cut along the crop marks and joined
at the crosses. Not responsible for the drawing language (``sheet``).
"""

from __future__ import annotations

import math
from pathlib import Path

from mesogun.errors import InputError
from mesogun.plan.model import Plan, Ring
from mesogun.plan.pane import Pane
from mesogun.plan.sheet import Line, Sheet, Text, pdf, svg
from mesogun.units import mm_text

A4_MM = (210.0, 297.0)
MARGIN_MM = 15.0
FOOT_MM = 26.0
RULER_MM = 50
Window = tuple[float, float, float, float]


def template(plan: Plan, path: Path) -> None:
    """Write the template; the suffix says how: ``.svg`` or ``.pdf``.

    Raises
    ------
    InputError
        If the suffix is another one, or the file cannot be written.
    """
    title = f"mesogun template, plan {plan.plan_hash[:16]}"
    kind = path.suffix.lower()
    if kind == ".svg":
        raw = svg(_single(plan), title)
    elif kind == ".pdf":
        raw = pdf(_pages(plan), title)
    else:
        raise InputError(f"template {path.name}: use .svg or .pdf")
    try:
        path.write_bytes(raw)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _bounds(plan: Plan) -> Window:
    corners = [corner for ring in (*plan.outline, *plan.exclusions) for corner in ring]
    xs, ys = zip(*corners, strict=True)
    return min(xs) / 1000 - 4, min(ys) / 1000 - 4, max(xs) / 1000 + 4, max(ys) / 1000 + 4


def _single(plan: Plan) -> Sheet:
    x0, y0, x1, y1 = _bounds(plan)
    width_mm = max(x1 - x0, RULER_MM + 60.0) + 2 * MARGIN_MM
    sheet = Sheet(width_mm, y1 - y0 + 2 * MARGIN_MM + FOOT_MM)
    _draw(sheet, plan, (x0, y0, x1, y1), "")
    return sheet


def _pages(plan: Plan) -> list[Sheet]:
    x0, y0, x1, y1 = _bounds(plan)
    room_x, room_y = A4_MM[0] - 2 * MARGIN_MM, A4_MM[1] - 2 * MARGIN_MM - FOOT_MM
    columns, rows = math.ceil((x1 - x0) / room_x), math.ceil((y1 - y0) / room_y)
    sheets: list[Sheet] = []
    for row in range(rows):
        for column in range(columns):
            left, top = x0 + column * room_x, y1 - row * room_y
            window = (left, max(top - room_y, y0), min(left + room_x, x1), top)
            sheet = Sheet(*A4_MM)
            page = f"page {len(sheets) + 1} of {rows * columns} (row {row + 1}, column {column + 1})"
            _draw(sheet, plan, window, page if rows * columns > 1 else "")
            sheets.append(sheet)
    return sheets


def _draw(sheet: Sheet, plan: Plan, window: Window, page: str) -> None:
    x0, y0, x1, y1 = window
    dx, dy = MARGIN_MM - x0, sheet.height_mm - MARGIN_MM - y1

    def at(x_um: int, y_um: int) -> tuple[float, float]:
        return x_um / 1000 + dx, y_um / 1000 + dy

    def ring(points: Ring) -> tuple[tuple[float, float], ...]:
        return tuple(at(x, y) for x, y in points)

    inside = Pane(MARGIN_MM, y0 + dy, x1 + dx, sheet.height_mm - MARGIN_MM)
    for number, points in enumerate((*plan.outline, *plan.exclusions)):
        excluded = number >= len(plan.outline)
        for piece in inside.clip(ring(points)):
            sheet.items.append(Line(piece, 0.5 if excluded else 0.35, dash_mm=1.5 if excluded else 0.0))
        if excluded:
            for stroke in inside.hatch(ring(points), 2.5):
                sheet.items.append(Line(stroke, 0.18, grey=0.45))
    for shot in plan.shots:
        for index in shot.points:
            point = plan.points[index]
            x, y = at(point.x_um, point.y_um)
            if inside.holds(x, y):
                sheet.items += _cross(x, y, 0.8)
        x, y = at(shot.x_um, shot.y_um)
        if inside.holds(x, y) and ((shot.index + 1) % 5 == 0 or shot.index == 0):
            sheet.items.append(Text(x + 0.7, y + 0.6, 1.9, str(shot.index + 1), grey=0.35))
    sheet.items += inside.crop_marks()
    _foot(sheet, plan, page)


def _cross(x: float, y: float, arm_mm: float) -> list[Line | Text]:
    return [Line(((x - arm_mm, y), (x + arm_mm, y)), 0.15), Line(((x, y - arm_mm), (x, y + arm_mm)), 0.15)]


def _foot(sheet: Sheet, plan: Plan, page: str) -> None:
    base, left = MARGIN_MM - 4.0, MARGIN_MM
    ruler = base + 5.0
    sheet.items.append(Line(((left, ruler), (left + RULER_MM, ruler)), 0.3))
    for tick in range(RULER_MM + 1):
        height = 4.0 if tick % 10 == 0 else 2.6 if tick % 5 == 0 else 1.6
        sheet.items.append(Line(((left + tick, ruler), (left + tick, ruler + height)), 0.15))
        if tick % 10 == 0:
            sheet.items.append(Text(left + tick, ruler + 4.8, 2.6, str(tick), centred=True))
    about = (
        f"{plan.area_name}: {len(plan.points)} points, {mm_text(plan.spacing_um)} apart, "
        f"{mm_text(plan.points[0].depth_um)} deep; hatched = no needle; every fifth shot is numbered."
    )
    texts = (
        "Print at 100 % (no fitting to the page): this ruler must measure 50 mm.",
        about,
        f"Plan {plan.plan_hash[:16]}   {plan.protocol_id}   {page}".rstrip(),
    )
    for number, text in enumerate(texts):
        sheet.items.append(Text(left, base - 0.5 - 3.2 * number, 2.4, text))
