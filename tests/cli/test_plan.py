"""``mesogun plan``: its options do what they say, and a drawing from Inkscape becomes a plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import dist
from typing import Any

import numpy as np
import pytest

from mesogun.area import example
from mesogun.plan.template import MARGIN_MM
from tests.area.test_formats import INKSCAPE
from tests.cli.command import Command
from tests.plan.test_output import DPMM, TOLERANCE_MM, rendered_pdf, rendered_svg, ruler_mm

PEN_MM = 0.35
"""How thick the outline is drawn."""

BASE = ("plan", "face-fine-lines-nappage", "--area", "cheek", "--demo-values")


def planned(mesogun: Command, *words: str) -> dict[str, Any]:
    done = mesogun(*BASE, *words, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_a_drawing_from_inkscape_becomes_a_plan(mesogun: Command) -> None:
    """Document in mm, nested transforms, a Bézier outline, layers: a circle of 20 mm round (80, -60) with a hole."""
    drawing = mesogun.folder / "drawing.svg"
    drawing.write_text(INKSCAPE, encoding="utf-8")
    found = json.loads(
        mesogun(
            "plan", "face-fine-lines-nappage", "--area", str(drawing), "--demo-values", "--spacing-mm", "3", "--json"
        ).out
    )
    places = [(point["x_mm"], point["y_mm"]) for point in found["points"]]
    away = [dist(place, (80, -60)) for place in places]
    assert found["spacing_mm"] == 3
    assert len(places) == pytest.approx((20**2 - 3**2) * 3.1416 / (3**2 * 0.866), rel=0.04)
    assert max(away) <= 20
    assert max(away) > 20 - 3
    assert min(away) >= 3, "the circle in the layer Exclusions gets no needle"
    assert min(away) < 3 + 3
    assert {point["zone"] for point in found["points"]} == {"left cheek"}
    assert sum(point["volume_nl"] for point in found["points"]) == found["total_nl"]


def test_options_reach_the_plan(mesogun: Command) -> None:
    plain = planned(mesogun)
    assert planned(mesogun, "--lattice", "square")["lattice"] == "square"
    far = planned(mesogun, "--margin-mm", "3", "--exclusion-margin-mm", "2")
    assert len(far["points"]) < len(plain["points"])
    first, last = plain["shots"][0], plain["shots"][-1]
    spots = [f"{shot['x_mm']},{shot['y_mm']}" for shot in (last, first)]
    turned = planned(mesogun, "--start-at", spots[0], "--end-at", spots[1])
    assert (turned["shots"][0]["x_mm"], turned["shots"][0]["y_mm"]) == (last["x_mm"], last["y_mm"])
    assert (turned["shots"][-1]["x_mm"], turned["shots"][-1]["y_mm"]) == (first["x_mm"], first["y_mm"])
    relaxed = planned(mesogun, "--relax-edges")
    assert len(relaxed["points"]) == len(plain["points"])
    assert relaxed["dose"]["cv"] < plain["dose"]["cv"]
    wet = planned(mesogun, "--syringe-ml", "0.6", "--prime-ul", "100", "--dead-volume-ul", "100", "--residual-ul", "50")
    assert wet["syringes"] == 3
    assert planned(mesogun, "--syringe-ml", "0.6")["syringes"] == 2


def test_rows_move_away_from_where_the_operator_stands(mesogun: Command) -> None:
    for side, axis, sign in (("left", "x_mm", 1), ("right", "x_mm", -1), ("below", "y_mm", 1), ("90", "y_mm", -1)):
        found = planned(mesogun, "--operator-side", side)
        assert found["order"] == "comfort"
        along = [shot[axis] * sign for shot in found["shots"]]
        third = len(along) // 3
        assert sum(along[:third]) / third < sum(along[-third:]) / third, side


def test_zones_with_their_own_total_and_spacing(mesogun: Command) -> None:
    words = ("plan", "neck-decolletage", "--area", "face", "--demo-values", "--json")
    done = mesogun(*words, "--zone-total", "chin=0.4", "--zone-spacing", "forehead=8", "--spacing-mm", "10")
    assert done.code == 2, "a spacing that is fixed leaves no room for another"
    assert "zone 'forehead'" in done.complaint
    found = json.loads(mesogun(*words, "--zone-total", "chin=0.4", "--zone-total", "forehead=0.9").out)
    zones = {zone["name"]: zone["total_nl"] for zone in found["zones"]}
    assert (zones["chin"], zones["forehead"]) == (400_000, 900_000)


def test_the_count_is_hit_or_the_nearest_named(mesogun: Command) -> None:
    words = ("plan", "body-contouring-gun", "--area", "thigh", "--demo-values", "--json")
    free = json.loads(mesogun(*words).out)
    count = len(free["points"])
    assert len(json.loads(mesogun(*words, "--points", str(count)).out)["points"]) == count
    done = mesogun(*words, "--points", str(10 * count))
    assert done.code == 5
    assert "the nearest reachable" in done.complaint


def test_own_numbers_go_before_demonstration_values(mesogun: Command) -> None:
    """One millilitre on the whole face needs more distance than on the cheek."""
    words = ("plan", "face-wrinkles-mesobotox", "--area", "face", "--demo-values")
    refused = mesogun(*words)
    assert refused.code == 5
    assert "ways out: a spacing of 7.9 mm with 8 µL per point" in refused.complaint
    done = mesogun(*words, "--spacing-mm", "8", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["total_nl"] == 1_000_000


def test_centimetres_taken_for_millimetres_are_seen(mesogun: Command) -> None:
    """A cheek of 5 by 4 written in cm: refused with the likely unit, and planned once the unit is said."""
    outline = mesogun.folder / "patch.csv"
    outline.write_text("0,0\n5,0\n5,4\n0,4\n", encoding="utf-8")
    words = ("plan", "face-fine-lines-nappage", "--area", str(outline), "--demo-values")
    done = mesogun(*words)
    assert done.code == 2
    assert "0.2 cm² is not plausible for face" in done.complaint
    assert "in cm it would be 20 cm²" in done.complaint
    said = mesogun(*words, "--units", "cm")
    assert said.code == 0, said.err
    assert "20.0 cm² to treat" in said.out


def test_an_outline_on_a_limb_is_laid_out_by_arc_length(mesogun: Command) -> None:
    words = ("plan", "body-cellulite", "--area", "thigh", "--demo-values")
    flat = json.loads(mesogun(*words, "--json").out)
    done = mesogun(*words, "--on-cylinder", "80@90")
    assert done.code == 0, done.err
    assert "Laid out on a cylinder R 80 mm, by arc length" in done.out
    bent = json.loads(mesogun(*words, "--on-cylinder", "80", "--json").out)
    assert len(bent["points"]) > len(flat["points"]), "a photo shows less skin than there is"
    assert "sphere R 200 mm" in mesogun(*words, "--on-sphere", "200").out


@pytest.mark.parametrize(("suffix", "render"), [("svg", rendered_svg), ("pdf", rendered_pdf)])
def test_the_printed_template_is_one_to_one(
    mesogun: Command, suffix: str, render: Callable[[bytes], np.ndarray]
) -> None:
    """The ruler and the outline of the forehead, rendered to pixels and measured against the area itself."""
    sheet = mesogun.folder / f"sheet.{suffix}"
    words = ("plan", "face-fine-lines-nappage", "--area", "forehead", "--demo-values", "--spacing-mm", "4")
    assert mesogun(*words, "--template", str(sheet)).code == 0
    image = render(sheet.read_bytes())
    assert ruler_mm(image) == pytest.approx(50, abs=TOLERANCE_MM)
    left, bottom, right, top = example("forehead").polygon.bounds
    first, last_x, last_y = (
        round((MARGIN_MM + mm) * DPMM) for mm in (1, right - left + 7, top - bottom + 7)
    )  # between the crop marks, which stand 4 mm away from the outline
    dark = image[first:last_y, first:last_x] < 128
    for axis, across_mm in ((0, right - left), (1, top - bottom)):
        met = np.flatnonzero(dark.any(axis=axis))
        assert (met[-1] - met[0]) / DPMM == pytest.approx(across_mm + PEN_MM, abs=TOLERANCE_MM)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--operator-side", "behind"), "neither one of right, above, left, below nor a number"),
        (("--operator-side", "1e9"), "-360 to 360"),
        (("--start-at", "here"), "write X,Y in mm"),
        (("--end-at", "1,nan"), "write X,Y in mm"),
        (("--zone-total", "chin"), "as in chin=0.5"),
        (("--zone-total", "cheek=much"), "as in chin=0.5"),
        (("--zone-total", "chin=0.5"), "no zone 'chin' in area cheek; there are cheek"),
        (("--zone-spacing", "=3"), "as in chin=0.5"),
        (("--margin-mm", "-1"), "a margin is 0 or more"),
        (("--points", "0"), "ask for at least one"),
        (("--prime-ul", "-1"), "cannot be negative"),
        (("--prime-ul", "9000"), "nothing is left for shots"),
        (("--hand", "tentacle"), "marked_skin"),
        (("--on-cylinder", "thick"), "as in 60@90"),
        (("--on-cylinder", "60@nan"), "as in 60@90"),
        (("--on-cylinder", "0"), "give one above 0"),
        (("--on-cylinder", "20"), "take several photos, or check the radius"),
        (("--on-cylinder", "60", "--on-sphere", "60"), "leave one out"),
    ],
)
def test_bad_options_are_told_in_one_line(mesogun: Command, words: tuple[str, ...], says: str) -> None:
    done = mesogun(*BASE, *words)
    assert done.code == 2
    assert says in done.err
