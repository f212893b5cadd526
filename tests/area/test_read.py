from __future__ import annotations

from pathlib import Path

import pytest
from shapely.geometry import Polygon

from mesogun.area import read

RING = [(0.0, 0.0), (40.0, 0.0), (50.0, 20.0), (20.0, 35.0), (0.0, 30.0)]
AREA_MM2 = Polygon(RING).area


def test_csv_in_its_dialects_gives_one_polygon(tmp_path: Path) -> None:
    texts = {
        "plain": "\n".join(f"{x},{y}" for x, y in RING),
        "closed": "\n".join(f"{x},{y}" for x, y in [*RING, RING[0]]),
        "header": "x,y\n" + "\n".join(f"{x},{y}" for x, y in RING),
        "decimal comma": "x;y\n" + "\n".join(f"{x};{y}".replace(".", ",") for x, y in RING),
        "mark": "\ufeffx,y\n" + "\n".join(f"{x},{y}" for x, y in RING),
        "windows": "x,y\r\n" + "\r\n".join(f"{x},{y}" for x, y in RING) + "\r\n\r\n",
        "centimetres": "x_cm,y_cm\n" + "\n".join(f"{x / 10},{y / 10}" for x, y in RING),
    }
    hashes = set()
    for name, text in texts.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        hashes.add(read(path).sha256)
    assert len(hashes) == 1


def test_csv_zones_and_exclusions(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(
        "zone,x,y\n"
        + "".join(f"left,{x},{y}\n" for x, y in RING)
        + "".join(f"right,{x + 60},{y}\n" for x, y in RING)
        + "exclusion,5,5\nexclusion,9,5\nexclusion,9,9\nexclusion,5,9\n"
    )
    area = read(path)
    assert [zone.name for zone in area.zones] == ["left", "right"]
    assert area.area_mm2 == pytest.approx(2 * AREA_MM2 - 16)


def test_svg_turns_y_up(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    points = " ".join(f"{x},{-y}" for x, y in RING)
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="60mm" viewBox="0 0 60 60">'
        f'<polygon id="cheek" points="{points}"/></svg>'
    )
    area = read(path)
    assert area.polygon.symmetric_difference(Polygon(RING)).area < 1e-3
    assert area.zones[0].name == "cheek"
