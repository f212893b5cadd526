"""Pictures of scenarios: right endings only, words where no curve comes, notes on a time that is not what it seems."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mesogun.errors import InputError
from sim.scenario import SCENARIOS, Outcome, run, timed
from sim.scenario.picture import draw

PROFILES = ("standard", "soft", "fine", "nine-pin")


@pytest.mark.parametrize("name", ["x.gif", "x", "x.png.txt", ".svg"])
def test_another_ending_is_refused_before_any_work(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mesogun", "sim", "scenario", "occlusion", "--plot", str(tmp_path / name)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert "use a name that ends in .png or .svg" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ran.stdout == ""
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match=r"\.png or \.svg"):
        draw(run("startup"), tmp_path / name)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_both_endings_write_what_they_say(name: str, tmp_path: Path) -> None:
    outcome = run(name)
    draw(outcome, tmp_path / "a.PNG")
    draw(outcome, tmp_path / "a.svg")
    assert (tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()


def struck(outcome: Outcome, paint: Any) -> list[str]:
    """Words of a picture that a curve goes through, or that leave the picture."""
    figure = Figure(figsize=(9.0, 6.0), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    paint(figure, outcome)
    canvas.draw()  # type: ignore[no-untyped-call]
    found = []
    for axis in figure.findobj(Axes):
        assert isinstance(axis, Axes)
        curves = [line for line in axis.get_lines() if len(list(line.get_path().iter_segments())) > 2]
        for text in axis.texts:
            if not text.get_text():
                continue
            box = text.get_window_extent().padded(-0.5)
            if any(
                line.get_transform().transform_path(line.get_path()).intersects_bbox(box, filled=False)
                for line in curves
            ):
                found.append(text.get_text())
            if not (figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1):
                found.append(f"outside: {text.get_text()}")
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_no_word_of_an_occlusion_is_struck_through(profile: str) -> None:
    outcome = run("occlusion", profile=profile)
    assert struck(outcome, timed.occlusion) == []


@pytest.mark.parametrize("profile", [*PROFILES, "weak-battery"])
def test_no_word_of_a_brownout_is_struck_through(profile: str) -> None:
    outcome = run("brownout", profile=profile)
    assert struck(outcome, timed.brownout) == []


def test_the_word_alarm_stands_at_its_line() -> None:
    for profile in PROFILES:
        outcome = run("occlusion", profile=profile)
        figure = Figure(figsize=(9.0, 5.6), layout="constrained")
        FigureCanvasAgg(figure)
        timed.occlusion(figure, outcome)
        (text,) = [text for text in figure.axes[0].texts if text.get_text().startswith("alarm")]
        assert isinstance(text.xy[0], float)  # type: ignore[attr-defined]
        alarm_s = outcome.numbers["closed_at_s"] + outcome.numbers["alarm_after_ms"] / 1e3
        assert text.xy[0] == pytest.approx(alarm_s)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("limit_kpa", "says"),
    [
        (54.5, "ms before the path was closed: the limit of 54 kPa is below what the flow needs"),
        (30, "ms before the path was closed: the limit of 29.5 kPa is below what the flow needs"),
        (2_000, "no alarm in the stroke: the pressure never reached the limit of 2000 kPa"),
    ],
)
def test_a_time_to_the_alarm_that_is_not_what_it_seems_is_said(limit_kpa: float, says: str, tmp_path: Path) -> None:
    text = (resources.files("sim.physics") / "profiles" / "standard.toml").read_text(encoding="utf-8")
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace("occlusion_kpa = { value = 200,", f"occlusion_kpa = {{ value = {limit_kpa},"))
    outcome = run("occlusion", profile=str(mine))
    assert any(says in note for note in outcome.notes), outcome.notes
    assert (outcome.numbers["alarm_after_ms"] < 0) == (limit_kpa < 100)
    draw(outcome, tmp_path / "odd.png")


def test_an_alarm_in_time_needs_no_note() -> None:
    assert run("occlusion").notes == ["fault OCCLUSION", "booked PARTIAL"]
