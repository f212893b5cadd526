"""One outline in every file kind: a slanted plate with a round hole, a second zone, and an exclusion zone."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import shapely
from shapely.geometry import Polygon

from mesogun.area import Area, from_loops, read
from mesogun.area.repair import Loop
from mesogun.errors import InputError

PLATE = [(0.0, 0.0), (40.0, 0.0), (52.5, 22.25), (30.0, 36.0), (0.0, 30.0)]
SECOND = [(60.0, 2.0), (75.0, 5.5), (70.0, 28.0)]
LEFT_OUT = [(10.0, 8.0), (16.0, 8.0), (16.0, 13.0), (10.0, 13.0)]
HOLE = [(28 + 5 * math.cos(k * math.tau / 90), 16 + 5 * math.sin(k * math.tau / 90)) for k in range(90)]

SCALE = 8.0
"""Pixels a millimetre in the photo."""


@pytest.fixture(scope="module")
def wanted() -> Area:
    return from_loops(
        [
            Loop(tuple(PLATE), "plate", "plate"),
            Loop(tuple(HOLE), "plate", "hole"),
            Loop(tuple(SECOND), "second", "second"),
            Loop(tuple(LEFT_OUT), None, "left out"),
        ],
        "wanted",
    )


def hausdorff_mm(area: Area, wanted: Area) -> float:
    return float(shapely.hausdorff_distance(area.polygon.boundary, wanted.polygon.boundary, densify=0.02))


def csv_text() -> str:
    rows = ["zone,ring,x,y"]
    loops = (("plate", 1, PLATE), ("plate", 2, HOLE), ("second", 1, SECOND), ("exclusion", 1, LEFT_OUT))
    for zone, ring, points in loops:
        rows += [f"{zone},{ring},{x!r},{y!r}" for x, y in points]
    return "\n".join(rows)


def svg_text() -> str:
    def d(points: list[tuple[float, float]]) -> str:
        return "M " + " L ".join(f"{x!r},{-y!r}" for x, y in points) + " Z"

    circle = "M 33,-16 A 5,5 0 1 1 23,-16 A 5,5 0 1 1 33,-16 Z"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="90mm" height="50mm" viewBox="0 0 90 50">'
        f'<path id="plate" d="{d(PLATE)} {circle}"/><path id="second" d="{d(SECOND)}"/>'
        f'<path id="exclusion-mole" d="{d(LEFT_OUT)}"/></svg>'
    )


def geojson_text() -> str:
    def ring(points: list[tuple[float, float]]) -> list[list[float]]:
        return [[x, y] for x, y in [*points, points[0]]]

    features = [
        ({"name": "plate"}, [ring(PLATE), ring(HOLE)]),
        ({"name": "second"}, [ring(SECOND)]),
        ({"name": "mole", "exclusion": True}, [ring(LEFT_OUT)]),
    ]
    return json.dumps(
        {
            "type": "FeatureCollection",
            "units": "mm",
            "features": [
                {"type": "Feature", "properties": about, "geometry": {"type": "Polygon", "coordinates": rings}}
                for about, rings in features
            ],
        }
    )


def photo_text() -> str:
    def pixels(points: list[tuple[float, float]]) -> list[list[float]]:
        return [[x * SCALE, -y * SCALE] for x, y in points]

    return json.dumps(
        {
            "kind": "photo-outline",
            "scale": {"from": [30, 700], "to": [30 + 30 * SCALE, 700 + 40 * SCALE], "mm": 50},
            "zones": [
                {"name": "plate", "points": pixels(PLATE)},
                {"name": "second", "points": pixels(SECOND)},
            ],
            "exclusions": [pixels(LEFT_OUT), pixels(HOLE)],
        }
    )


def dxf_text() -> str:
    pairs: list[tuple[int, object]] = [(0, "SECTION"), (2, "HEADER"), (9, "$INSUNITS"), (70, 5), (0, "ENDSEC")]
    pairs += [(0, "SECTION"), (2, "ENTITIES")]
    for layer, points in (("plate", PLATE), ("second", SECOND), ("Exclusion", LEFT_OUT)):
        pairs += [(0, "LWPOLYLINE"), (8, layer), (90, len(points)), (70, 1)]
        for x, y in points:
            pairs += [(10, x / 10), (20, y / 10)]
    # the hole as two half circles: a bulge of 1 is half a turn
    pairs += [(0, "LWPOLYLINE"), (8, "plate"), (90, 2), (70, 1)]
    pairs += [(10, 2.3), (20, 1.6), (42, 1), (10, 3.3), (20, 1.6), (42, 1), (0, "ENDSEC"), (0, "EOF")]
    return "\n".join(f"{code}\n{value}" for code, value in pairs)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".csv", csv_text()),
        (".svg", svg_text()),
        (".geojson", geojson_text()),
        (".json", photo_text()),
        (".dxf", dxf_text()),
    ],
)
def test_every_kind_gives_the_same_polygon(suffix: str, text: str, tmp_path: Path, wanted: Area) -> None:
    path = tmp_path / f"area{suffix}"
    path.write_text(text, encoding="utf-8")
    area = read(path)
    assert {zone.name for zone in area.zones} == {"plate", "second"}
    assert len(area.exclusions) == 2
    assert hausdorff_mm(area, wanted) < 0.01


INKSCAPE = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<svg width="210mm" height="297mm" viewBox="0 0 210 297" version="1.1"
   xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns="http://www.w3.org/2000/svg"
   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd">
  <sodipodi:namedview id="namedview7" pagecolor="#ffffff" inkscape:document-units="mm" />
  <defs id="defs2" />
  <g inkscape:label="Treat" inkscape:groupmode="layer" id="layer1" transform="translate(20,30)">
    <g id="g12" transform="matrix(0,1,-1,0,60,10)">
      <path style="fill:#aaccff;stroke:#000000;stroke-width:0.264583" id="path55" inkscape:label="left cheek"
        d="m 0,0 c 0,11.04569 8.95431,20 20,20 11.04569,0 20,-8.95431 20,-20 0,-11.04569 -8.95431,-20 -20,-20 C
           8.95431,-20 0,-11.04569 0,0 Z" />
    </g>
  </g>
  <g inkscape:groupmode="layer" id="layer2" inkscape:label="Exclusions">
    <circle id="path77" cx="80" cy="60" r="3" />
  </g>
  <g inkscape:groupmode="layer" id="layer3" inkscape:label="Guide: photo" style="display:inline">
    <path id="path99" d="M 0,0 L 100,100" /><rect id="r" width="200" height="200" />
  </g>
  <g inkscape:groupmode="layer" id="layer4" inkscape:label="old" style="display:none">
    <rect id="r2" width="9" height="9" /></g>
</svg>
"""


def test_an_svg_in_inkscapes_dialect(tmp_path: Path) -> None:
    path = tmp_path / "drawing.svg"
    path.write_text(INKSCAPE, encoding="utf-8")
    area = read(path)
    assert [zone.name for zone in area.zones] == ["left cheek"]
    # four cubic arcs stand for a circle of 20 mm to 0.03 %; it ends up round (80, 60) from the upper left
    zone = area.zones[0].polygon
    assert zone.centroid.distance(shapely.Point(80, -60)) < 0.01
    assert zone.symmetric_difference(shapely.Point(80, -60).buffer(20, quad_segs=256)).area < 0.002 * zone.area
    assert area.exclusions[0].area == pytest.approx(9 * math.pi, rel=1e-3)


@pytest.mark.parametrize(
    ("width", "side_mm"), [('"100mm"', 10.0), ('"10cm"', 10.0), ('"10in"', 25.4), ('"720pt"', 25.4)]
)
def test_svg_units(width: str, side_mm: float, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width={width} height={width} viewBox="0 0 100 100">'
        '<rect id="patch" x="5" y="5" width="10" height="10"/></svg>'
    )
    assert read(path).area_mm2 == pytest.approx(side_mm**2, rel=1e-6)


def test_svg_in_pixels_needs_units(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    text = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><rect id="r" width="40" height="30"/></svg>'
    )
    path.write_text(text)
    with pytest.raises(InputError, match="pixels, whose size nobody knows"):
        read(path)
    assert read(path, units="mm").area_mm2 == pytest.approx(1200)


def test_even_odd_and_curves_in_one_path(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100">'
        '<path id="ring" d="M 90 50 A 40 40 0 1 0 10 50 A 40 40 0 1 0 90 50 Z M 60 50 A 10 10 0 1 0 40 50 '
        'A 10 10 0 1 0 60 50 Z"/></svg>'
    )
    area = read(path)
    assert area.area_mm2 == pytest.approx(math.pi * 1500, rel=2e-4)
    assert area.zones[0].polygon.hausdorff_distance(shapely.Point(50, -50).buffer(40, quad_segs=512)) < 0.01


def test_a_small_crossing_is_mended_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    # the pen went back 0.2 mm over its own line at one corner
    path.write_text("0,0\n40,0\n40,30\n0.2,30\n0,29.8\n0.2,29.8\n0,30\n")
    area = read(path)
    assert area.area_mm2 == pytest.approx(1200, rel=0.01)
    assert any("mended" in note for note in area.notes)


def test_plausible_size(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("0,0\n8,0\n8,5\n0,5\n")
    with pytest.raises(InputError, match="in cm it would be 40 cm²: check the units"):
        read(path, site="cheek")
    assert read(path, site="cheek", units="cm").area_mm2 == pytest.approx(4000)
    with pytest.raises(InputError, match="no body site"):
        read(path, site="elbow-of-the-moon")


def test_rings_keep_their_names(wanted: Area) -> None:
    assert wanted.area_mm2 == pytest.approx(
        Polygon(PLATE).area + Polygon(SECOND).area - Polygon(HOLE).area - Polygon(LEFT_OUT).area
    )


def test_the_files_in_examples_read() -> None:
    folder = Path(__file__).parents[2] / "examples" / "areas"
    kinds = set()
    for path in sorted(folder.iterdir()):
        area = read(path)
        assert 5 < area.area_mm2 / 100 < 100
        assert area.exclusions
        kinds.add(path.suffix)
    assert kinds == {".csv", ".svg", ".geojson", ".json"}
