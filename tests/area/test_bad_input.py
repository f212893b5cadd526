"""Malformed files: each is refused in one line that names the file and says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mesogun.area import read
from mesogun.errors import InputError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100">{}</svg>'
SQUARE = [[0, 0], [40, 0], [40, 30], [0, 30], [0, 0]]


def geojson(rings: object, **more: object) -> str:
    return json.dumps({"type": "Polygon", "coordinates": rings, "units": "mm"} | more)


def photo(**changes: object) -> str:
    data: dict[str, object] = {
        "kind": "photo-outline",
        "scale": {"from": [0, 0], "to": [400, 0], "mm": 50},
        "zones": [{"name": "cheek", "points": [[0, 0], [300, 0], [300, 200]]}],
    }
    return json.dumps(data | changes)


BAD: dict[str, tuple[str, str]] = {
    "empty.csv": ("", "empty"),
    "words.csv": ("0,0\n40,zero\n40,30\n", "'zero' is not a number"),
    "comma.csv": ("0,5,0,0\n40,5,0,0\n40,5,30,5\n", "decimal commas"),
    "nan.csv": ("0,0\n40,nan\n40,30\n", "not a finite number"),
    "infinite.csv": ("0,0\n1e400,0\n40,30\n", "not a finite number"),
    "two.csv": ("0,0\n40,0\n", "at least 3"),
    "line.csv": ("0,0\n20,10\n40,20\n", "encloses no area"),
    "back.csv": ("0,0\n40,0\n0,0\n40,0\n", "at least 3"),
    "bowtie.csv": ("0,0\n40,30\n40,0\n0,30\n", "crosses or touches itself"),
    "eight.csv": ("0,0\n40,30\n60,30\n60,0\n40,0\n0,30\n", "crosses or touches itself"),
    "ragged.csv": ("x,y\n0,0\n40,0,1\n40,30\n", "3 fields"),
    "column.csv": ("x,z\n0,0\n", "'z' is unknown"),
    "units.csv": ("x_mm,y_cm\n0,0\n40,3\n", "different units"),
    "quote.csv": ('"0,0\n40,0\n', "not a table"),
    "outside.csv": (
        "zone,x,y\na,0,0\na,40,0\na,40,30\nexclusion,90,90\nexclusion,95,90\nexclusion,95,95\n",
        "outside every zone",
    ),
    "crossing.csv": (
        "ring,x,y\n1,0,0\n1,40,0\n1,40,30\n1,0,30\n2,30,10\n2,60,10\n2,60,20\n2,30,20\n",
        "cross each other",
    ),
    "overlap.csv": ("zone,x,y\na,0,0\na,40,0\na,40,30\nb,5,1\nb,45,1\nb,45,31\n", "dosed twice"),
    "huge.csv": ("0,0\n40000,0\n40000,30000\n0,30000\n", "larger than a person"),
    "million.csv": ("0,0\n" + "40,1\n40,2\n" * 500_000, "more than 100000"),
    "everything-excluded.csv": (
        "zone,x,y\na,0,0\na,40,0\na,40,30\nexclusion,-9,-9\nexclusion,99,-9\nexclusion,99,99\nexclusion,-9,99\n",
        "leave nothing",
    ),
    "broken.svg": ("<svg", "not well-formed XML"),
    "html.svg": ("<html></html>", "not svg"),
    "nothing.svg": (SVG.format(""), "no closed outline"),
    "open.svg": (SVG.format('<path id="a" d="M 0 0 L 40 0 L 40 30 L 0 30"/>'), "not closed"),
    "pixels.svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>',
        "pixels",
    ),
    "percent.svg": ('<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"/>', "no physical size"),
    "entity.svg": ('<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "entities"),
    "path.svg": (SVG.format('<path id="a" d="M 0 0 L 40 bogus Z"/>'), ""),
    "flat.svg": (SVG.format('<path id="a" d="M 0 0 L 40 0 Z"/>'), "at least 3"),
    "broken.geojson": ('{"type": "Polygon", ', "not JSON"),
    "degrees.geojson": (geojson([SQUARE]).replace(', "units": "mm"', ""), "means degrees"),
    "crs.geojson": (geojson([SQUARE], crs={"properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}), "degrees"),
    "parsec.geojson": (geojson([SQUARE], units="parsec"), "cannot be used for skin"),
    "unclosed.geojson": (geojson([SQUARE[:-1]]), "not closed"),
    "line.geojson": (json.dumps({"type": "LineString", "units": "mm", "coordinates": SQUARE}), "encloses nothing"),
    "text.geojson": (geojson([[["a", "b"]] * 4]), "no pair of numbers"),
    "nan.geojson": (geojson([SQUARE]).replace("40", "NaN"), "no number"),
    "list.json": ("[1, 2]", "no object"),
    "neither.json": ("{}", "neither GeoJSON"),
    "scale.json": (photo(scale={"from": [0, 0], "to": [3, 0], "mm": 50}), "at least 20 pixels apart"),
    "no-scale.json": (photo(scale=None), "scale: expected an object"),
    "negative.json": (photo(scale={"from": [0, 0], "to": [400, 0], "mm": -5}), "above 0"),
    "nameless.json": (photo(zones=[{"points": [[0, 0], [300, 0], [300, 200]]}]), "needs a name"),
    "deep.json": ("[" * 100_000, "nested too deeply"),
    "holes-touch.geojson": (
        geojson([SQUARE, [[5, 5], [15, 5], [15, 15], [5, 5]], [[10, 6], [20, 6], [20, 12], [10, 6]]]),
        "cross each other",
    ),
    "code.dxf": ("no\ncode\n", "no group code"),
    "units.dxf": ("0\nSECTION\n2\nENTITIES\n0\nENDSEC\n0\nEOF\n", "no units"),
    "spline.dxf": ("9\n$INSUNITS\n70\n4\n0\nSECTION\n2\nENTITIES\n0\nSPLINE\n8\n0\n0\nENDSEC\n", "explode"),
    "picture.bmp": ("BM", "cannot read .bmp"),
    "none": ("0,0", "without a suffix"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_file_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    text, why = BAD[name]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert why in message
    assert "\n" not in message
    assert Path(name).stem in message
    assert len(message) < 320


def test_there_are_at_least_25() -> None:
    assert len(BAD) >= 25


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(b"x,y\n0,0\n\xe9,1\n")
    with pytest.raises(InputError, match="save as UTF-8"):
        read(path)
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "missing.csv")
