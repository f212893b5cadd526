"""A printed sheet as lines and texts in millimetres, written as SVG or PDF by hand, so that 1 mm stays 1 mm.

Coordinates are mm from the lower left corner, y up. Not responsible for what is drawn (``template``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

PT_PER_MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline; ``grey`` 0 is black, 1 is white; ``fill_grey`` None leaves it open inside."""

    points_mm: tuple[tuple[float, float], ...]
    width_mm: float = 0.2
    grey: float = 0.0
    closed: bool = False
    dash_mm: float = 0.0
    fill_grey: float | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; x, y is the left end of its base line, or its middle."""

    x_mm: float
    y_mm: float
    size_mm: float
    text: str
    grey: float = 0.0
    centred: bool = False


@dataclass(slots=True)
class Sheet:
    """One page."""

    width_mm: float
    height_mm: float
    items: list[Line | Text] = field(default_factory=list)


def svg(sheet: Sheet, title: str) -> bytes:
    """A sheet as an SVG document whose user unit is 1 mm."""
    w, h = _number(sheet.width_mm), _number(sheet.height_mm)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}mm" height="{h}mm" viewBox="0 0 {w} {h}">',
        f"<title>{escape(title, quote=False)}</title>",
        f'<rect width="{w}" height="{h}" fill="#fff"/>',
    ]
    for item in sheet.items:
        if isinstance(item, Line):
            points = " ".join(f"{_number(x)},{_number(sheet.height_mm - y)}" for x, y in item.points_mm)
            fill = "none" if item.fill_grey is None else _hex(item.fill_grey)
            dash = f' stroke-dasharray="{_number(item.dash_mm)}"' if item.dash_mm else ""
            out.append(
                f'<{"polygon" if item.closed else "polyline"} points="{points}" fill="{fill}" '
                f'stroke="{_hex(item.grey)}" stroke-width="{_number(item.width_mm)}"{dash}/>'
            )
        else:
            anchor = ' text-anchor="middle"' if item.centred else ""
            out.append(
                f'<text x="{_number(item.x_mm)}" y="{_number(sheet.height_mm - item.y_mm)}" '
                f'font-family="Helvetica, Arial, sans-serif" font-size="{_number(item.size_mm)}" '
                f'fill="{_hex(item.grey)}"{anchor}>{escape(item.text, quote=False)}</text>'
            )
    return ("\n".join([*out, "</svg>"]) + "\n").encode()


def pdf(sheets: Sequence[Sheet], title: str) -> bytes:
    """Sheets as the pages of a PDF document (ISO 32000-1); Helvetica is one of the fonts that every reader has."""
    pages = [5 + 2 * number for number in range(len(sheets))]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{n} 0 R' for n in pages)}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title (" + _literal(title) + b") >>",
    ]
    for number, sheet in zip(pages, sheets, strict=True):
        box = f"[0 0 {_pt(sheet.width_mm)} {_pt(sheet.height_mm)}]"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents {number + 1} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        content = b"\n".join(_pdf_item(item) for item in sheet.items)
        objects.append(b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream")
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets: list[int] = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _pdf_item(item: Line | Text) -> bytes:
    if isinstance(item, Text):
        # Helvetica's digits and letters are about half as wide as high: good enough to centre a number
        x_mm = item.x_mm - (0.28 * item.size_mm * len(item.text) if item.centred else 0.0)
        head = f"BT /F1 {_pt(item.size_mm)} Tf {_number(item.grey)} g {_pt(x_mm)} {_pt(item.y_mm)} Td ("
        return head.encode() + _literal(item.text) + b") Tj ET"
    (x, y), *rest = item.points_mm
    parts = [f"{_pt(item.width_mm)} w {_number(item.grey)} G"]
    parts.append(f"[{_pt(item.dash_mm)}] 0 d" if item.dash_mm else "[] 0 d")
    if item.fill_grey is not None:
        parts.append(f"{_number(item.fill_grey)} g")
    parts.append(f"{_pt(x)} {_pt(y)} m")
    parts += [f"{_pt(px)} {_pt(py)} l" for px, py in rest]
    if item.closed:
        parts.append("h")
    parts.append("S" if item.fill_grey is None else "B")
    return " ".join(parts).encode()


def _literal(text: str) -> bytes:
    plain = text.replace("→", "to").encode("cp1252", "replace")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _pt(length_mm: float) -> str:
    return _number(length_mm * PT_PER_MM)


def _number(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _hex(grey: float) -> str:
    level = round(255 * grey)
    return f"#{level:02x}{level:02x}{level:02x}"
