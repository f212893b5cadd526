"""What people see: words, JSON, picture, template. The template is rendered to an image and measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import svgelements as svg
from PIL import Image, ImageDraw
from shapely.geometry import box

from mesogun.area import Area, example, from_polygon
from mesogun.dose import Errors
from mesogun.errors import InputError
from mesogun.plan import (
    Plan,
    PlannedAgent,
    PlanRequest,
    Span,
    dose_summary,
    figure,
    make_plan,
    plan_json,
    summary_text,
    template,
)
from mesogun.plan.template import MARGIN_MM, RULER_MM

REQUEST = PlanRequest(
    depth=Span.exactly(1_500),
    spacing=Span(4_000, 8_000),
    volume=Span(10_000, 30_000),
    total=Span.exactly(3_050_000),
    step_nl=500,
    syringe_nl=1_000_000,
    protocol_title="Demonstration",
    protocol_id="demo",
)
DPMM = 20.0
"""Pixels a millimetre in the images that are measured: one pixel is a quarter of the tolerance."""

TOLERANCE_MM = 0.2


@pytest.fixture(scope="module")
def cheek() -> Area:
    return example("cheek")


@pytest.fixture(scope="module")
def plan(cheek: Area) -> Plan:
    return make_plan(cheek, REQUEST)


def test_the_summary_reads_as_sentences(plan: Plan, cheek: Area) -> None:
    text = summary_text(plan, cheek)
    assert max(map(len, text.splitlines())) <= 100
    for part in ("Demonstration", "3.05 mL", "27.3 cm²", "exclusion zone", plan.plan_hash, "Before you start"):
        assert part in text
    assert re.search(r"The last syringe gives only 0\.0\d+ mL: .* 3 syringes would do", " ".join(text.split()))


def test_the_summary_minds_the_skin_and_the_hand() -> None:
    """1.5 mm is below the dermis of an eyelid and within that of a thigh (means of published ultrasound)."""
    thin, thick = example("periorbital"), example("thigh")
    request = replace(REQUEST, total=None, spacing=Span.exactly(4_000))
    said = " ".join(summary_text(make_plan(thin, request), thin, Errors(jitter_sd_mm=0.5)).split())
    assert "1.5 mm at eyelid (male) lies in the subcutis, not in the dermis" in said
    assert "With a hand that misses by 0.5 mm (assumed)" in said
    found = re.search(r"expect (\d+) % instead of (\d+) %", said)
    assert found is not None
    assert int(found[1]) > int(found[2])
    wide = replace(request, spacing=Span.exactly(12_000))
    said = " ".join(summary_text(make_plan(thick, wide), thick).split())
    assert "not in the dermis" not in said
    assert "The depots stand apart" in said


def test_the_summary_says_each_thing_once(plan: Plan, cheek: Area) -> None:
    """What is told of an example area stands in one place; syringes that are filled alike are counted."""
    said = " ".join(summary_text(plan, cheek).split())
    assert said.count("not a recommendation") == 1
    assert "4 syringes of 1 mL: 1 mL," not in said
    many = make_plan(cheek, replace(REQUEST, total=None, volume=Span.exactly(25_000), spacing=Span.exactly(5_000)))
    assert "4 syringes of 1 mL: 3 of 1 mL, 0.2 mL." in summary_text(many, cheek)
    odd = make_plan(cheek, replace(REQUEST, total=Span.exactly(2_000_000)))
    assert odd.spacing_um % 50, "a spacing that nobody chose"
    said = " ".join(summary_text(odd, cheek).split())
    assert f"{round(odd.spacing_um / 1000, 1):g} mm apart" in said


def test_the_summary_wonders_at_an_outline_that_the_protocol_is_not_for(plan: Plan, cheek: Area) -> None:
    wonders = "The protocol is for scalp, and this outline is called cheek"
    assert wonders in summary_text(plan, cheek, None, ("scalp",))
    for fits in ((), ("cheek",), ("face", "neck")):
        assert "this outline is called" not in summary_text(plan, cheek, None, fits)


def test_no_number_is_parted_from_its_unit(plan: Plan, cheek: Area) -> None:
    for line in summary_text(plan, cheek).splitlines():
        assert not re.match(r"\s*(mm|µL|mL|%|cm²|µL/cm²)\b", line), line


def test_the_summary_names_every_lift(cheek: Area) -> None:
    area = example("jowls")
    plan = make_plan(area, replace(REQUEST, total=None, head="plus-5", spacing=Span.exactly(4_000)))
    text = " ".join(summary_text(plan, area).split())
    assert "(change to the single needle)" in text
    assert "(over to left)" in text
    assert "left: " in text


def test_json_has_what_other_programs_rely_on(plan: Plan) -> None:
    data = json.loads(json.dumps(plan_json(plan)))
    assert {"plan_hash", "protocol", "total_nl", "points", "path", "dose", "changes"} <= set(data)
    assert set(data["points"][0]) >= {"x_mm", "y_mm", "depth_mm", "volume_nl", "shot"}
    assert set(data["path"]) >= {"length_mm", "lower_bound_mm", "turns", "lifts"}
    assert set(data["dose"]) >= {"cv", "d90", "v100", "coverage"}
    assert sum(point["volume_nl"] for point in data["points"]) == data["total_nl"] == plan.total_nl


def test_denser_points_are_more_even(cheek: Area) -> None:
    dense, sparse = (
        dose_summary(make_plan(cheek, replace(REQUEST, spacing=Span.exactly(s), total=None))) for s in (3_000, 7_000)
    )
    assert dense["cv"] < sparse["cv"]
    assert dense["coverage"] > sparse["coverage"]


@pytest.fixture(scope="module")
def face() -> Plan:
    request = replace(REQUEST, spacing=Span.exactly(9_000), total=None, agent=PlannedAgent("ha", "HA", "20", "mg/mL"))
    return make_plan(example("face"), request)


@pytest.fixture(scope="module")
def picture(face: Plan, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("picture") / "plan.svg"
    figure(face, path, Errors(jitter_sd_mm=0.5, volume_cv=0.1))
    return path.read_text(encoding="utf-8")


def test_the_picture_shows_dose_path_histogram_profile_and_numbers(face: Plan, picture: str) -> None:
    """Texts are drawn as outlines, and the writer leaves each as a comment beside them."""
    said = set(re.findall(r"<!-- (.*?) -->", picture))
    for letter, part in zip("abcde", ("Areal dose", "Path", "Area with at least", "Profile", "Numbers"), strict=True):
        assert any(text.startswith(f"({letter})  {part}") for text in said), part
    assert {"without error", "5 to 95 % of draws", "expected ± SD", "start", "end", "lift", "x / mm", "y / mm"} <= said
    assert {zone.name for zone in face.zones} <= said
    assert 'id="shot-1"' in picture
    assert f'id="shot-{len(face.shots)}"' in picture
    assert any(re.fullmatch(r"[125]0* mm", text) for text in said), "a scale bar says its length"
    assert any("µL cm" in text for text in said)
    assert any("mg cm" in text for text in said)
    assert any("placement 0.5 mm per axis" in text for text in said)
    assert picture.count("fill: url(#") >= len(face.exclusions) > 0, "exclusions are hatched"


def test_the_same_plan_gives_the_same_picture(face: Plan, picture: str, tmp_path: Path) -> None:
    again, raster = tmp_path / "again.svg", tmp_path / "plan.png"
    figure(face, again, Errors(jitter_sd_mm=0.5, volume_cv=0.1))
    assert again.read_text(encoding="utf-8") == picture
    figure(face, raster)
    with Image.open(raster) as image:
        assert image.size == pytest.approx((297 / 25.4 * 200, 210 / 25.4 * 200), abs=2), "A4 at 200 dpi"


def test_pictures_and_templates_know_their_kinds(plan: Plan, tmp_path: Path) -> None:
    for draw in (figure, template):
        with pytest.raises(InputError, match=r"use \.svg or"):
            draw(plan, tmp_path / "a.bmp")
        with pytest.raises(InputError, match="cannot be written"):
            draw(plan, tmp_path / "no" / "folder" / "a.svg")


# --- the template, rendered and measured


def rendered_svg(raw: bytes) -> np.ndarray:
    """The SVG as grey pixels, drawn from what an independent reader makes of it."""
    from io import BytesIO

    drawing = svg.SVG.parse(BytesIO(raw), ppi=96)
    per_px = DPMM / (96 * 0.0393701)  # svgelements' own millimetre
    image = Image.new("L", (round(drawing.width * per_px), round(drawing.height * per_px)), 255)
    pen = ImageDraw.Draw(image)
    for element in drawing.elements():
        if isinstance(element, svg.Polyline | svg.Polygon):
            points = [(p.x * per_px, p.y * per_px) for p in element.points]
            if isinstance(element, svg.Polygon):
                points.append(points[0])
            pen.line(points, fill=0, width=max(1, round(element.stroke_width * per_px)))
    return np.asarray(image)


def rendered_pdf(raw: bytes, page: int = 0) -> np.ndarray:
    """One page of the PDF as grey pixels, drawn from its content stream."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", raw)
    streams = re.findall(rb"stream\n(.*?)\nendstream", raw, flags=re.S)
    per_pt = DPMM * 25.4 / 72
    width, height = (float(v) * per_pt for v in boxes[page])
    image = Image.new("L", (round(width), round(height)), 255)
    pen = ImageDraw.Draw(image)
    stack: list[float] = []
    path: list[tuple[float, float]] = []
    line_px = 1
    for token in re.sub(rb"BT.*?ET", b"", streams[page], flags=re.S).split():
        if re.fullmatch(rb"-?[\d.]+", token):
            stack.append(float(token))
            continue
        if token == b"w":
            line_px = max(1, round(stack[-1] * per_pt))
        elif token in {b"m", b"l"}:
            path.append((stack[-2] * per_pt, height - stack[-1] * per_pt))
        elif token == b"h":
            path.append(path[0])
        elif token in {b"S", b"B"}:
            pen.line(path, fill=0, width=line_px)
            path = []
        stack = []
    return np.asarray(image)


def ruler_mm(image: np.ndarray) -> float:
    """Distance between the first and the last long tick of the ruler, from pixels."""
    height = image.shape[0]
    row = height - round((MARGIN_MM - 4 + 5 + 3.5) * DPMM)  # through the long ticks only
    dark = np.flatnonzero(image[row, : round((MARGIN_MM + RULER_MM + 2) * DPMM)] < 128)
    return float(dark[-1] - dark[0]) / DPMM


def plate_mm(image: np.ndarray) -> tuple[float, float]:
    """Distance between the two long upright and the two long level lines: the sides of the plate, outer edges."""
    dark = image < 128
    columns = np.flatnonzero(dark.sum(axis=0) > 40 * DPMM)
    rows = np.flatnonzero(dark.sum(axis=1) > 55 * DPMM)
    return (columns[-1] - columns[0]) / DPMM, (rows[-1] - rows[0]) / DPMM


@pytest.mark.parametrize(("suffix", "render"), [("svg", rendered_svg), ("pdf", rendered_pdf)])
def test_the_template_is_one_to_one(suffix: str, render: Callable[[bytes], np.ndarray], tmp_path: Path) -> None:
    area = from_polygon(box(0, 0, 80, 60), name="plate")
    path = tmp_path / f"template.{suffix}"
    template(make_plan(area, replace(REQUEST, total=None)), path)
    image = render(path.read_bytes())
    assert ruler_mm(image) == pytest.approx(50, abs=TOLERANCE_MM)
    width_mm, height_mm = plate_mm(image)
    assert width_mm == pytest.approx(80 + 0.35, abs=TOLERANCE_MM)  # the pen is 0.35 mm wide
    assert height_mm == pytest.approx(60 + 0.35, abs=TOLERANCE_MM)


def test_a_large_area_takes_several_pages_that_meet(tmp_path: Path) -> None:
    area = from_polygon(box(0, 0, 300, 400), name="back")
    plan = make_plan(area, replace(REQUEST, spacing=Span.exactly(15_000), total=None))
    path = tmp_path / "template.pdf"
    template(plan, path)
    raw = path.read_bytes()
    assert raw.count(b"/Type /Page ") == 4
    crosses = 0
    for page in range(4):
        image = rendered_pdf(raw, page)
        assert ruler_mm(image) == pytest.approx(50, abs=TOLERANCE_MM)
        assert image.shape == (round(297 * DPMM), round(210 * DPMM))
    for stream in re.findall(rb"stream\n(.*?)\nendstream", raw, flags=re.S):
        crosses += len(re.findall(rb"0\.4252 w", stream)) // 2  # 0.15 mm pen: crosses, ticks and crop marks
    ticks_and_marks = 4 * (51 + 8) // 2
    assert crosses == pytest.approx(len(plan.points) + ticks_and_marks, abs=4)


def test_the_pdf_is_whole(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "template.pdf"
    template(plan, path)
    raw = path.read_bytes()
    start = int(raw.rsplit(b"startxref\n", 1)[1].split()[0])
    offsets = [int(line[:10]) for line in raw[start:].splitlines() if line.endswith(b" n ")]
    assert all(raw[offset:].startswith(b"%d 0 obj" % number) for number, offset in enumerate(offsets, start=1))
    for length_, stream in re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", raw, flags=re.S):
        assert int(length_) == len(stream)


SCRIPT = """
from mesogun.area import example
from mesogun.plan import make_plan
from tests.plan.test_output import REQUEST
from dataclasses import replace
print(make_plan(example("cheek"), REQUEST).plan_hash)
print(make_plan(example("face"), replace(REQUEST, head="plus-5", total=None, order="comfort")).plan_hash)
"""


def test_the_same_bytes_under_any_number_of_threads_and_any_kernel() -> None:
    hashes = set()
    for threads, core in (("1", "Prescott"), ("4", "Haswell")):
        env = os.environ | {
            "OPENBLAS_NUM_THREADS": threads,
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_CORETYPE": core,
            "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3" if threads == "1" else "",
            "PYTHONHASHSEED": threads,
        }
        done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True)
        hashes.add(done.stdout)
    assert len(hashes) == 1
