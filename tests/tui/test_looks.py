"""Themes, colour-blindness, NO_COLOR, keys, settings."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from rich.style import Style

from mesogun.errors import InputError
from mesogun.record.alarms import Alarm, Alarms, Condition, Priority
from tui import panels, scale
from tui.keymap import ACTS, Where, help_lines, key_line, key_text, keymap, stop_keys
from tui.kinds import KINDS
from tui.mono import plain
from tui.palette import MONO, PAIRS, PALETTES, Palette, contrast, luminance, rgb
from tui.settings import Look, look, remember

EVERY = [pytest.param(palette, id=name) for name, palette in PALETTES.items()]

# Linear-light matrices of Machado, Oliveira and Fernandes 2009, doi 10.1109/TVCG.2009.113, severity 1.
DEFICIENCIES = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def seen_as(colour: str, kind: str) -> str:
    def linear(byte: int) -> float:
        share = byte / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    def byte(value: float) -> int:
        value = min(1.0, max(0.0, value))
        return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))

    parts = [linear(value) for value in rgb(colour)]
    mixed = [sum(weight * part for weight, part in zip(row, parts, strict=True)) for row in DEFICIENCIES[kind]]
    return "#" + "".join(f"{byte(value):02x}" for value in mixed)


def alarm(priority: Priority) -> Alarm:
    return Alarm(Condition("x", priority, "Something", "Cause.", "Action.", lambda _: ""), "detail", 0)


def banner_colours(palette: Palette, priority: Priority) -> tuple[str, str]:
    style = Style.parse(panels.alarm_style(alarm(priority), palette))
    assert style.color is not None
    assert style.bgcolor is not None
    return style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex


@pytest.mark.parametrize("palette", EVERY)
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast_of_every_pair_in_every_theme(palette: Palette, front: str, back: str, least: float) -> None:
    assert contrast(getattr(palette, front), getattr(palette, back)) >= least


@pytest.mark.parametrize("palette", EVERY)
@pytest.mark.parametrize("kind", DEFICIENCIES)
@pytest.mark.parametrize("priority", list(Priority))
def test_banners_stay_readable_for_every_kind_of_colour_vision(palette: Palette, kind: str, priority: Priority) -> None:
    front, back = banner_colours(palette, priority)
    assert contrast(seen_as(front, kind), seen_as(back, kind)) >= 4.5


@pytest.mark.parametrize("kind", DEFICIENCIES)
def test_priorities_differ_in_lightness_for_every_kind_of_colour_vision(kind: str) -> None:
    backs = {priority: seen_as(banner_colours(PALETTES["meso-dark"], priority)[1], kind) for priority in Priority}
    assert contrast(backs[Priority.HIGH], backs[Priority.MEDIUM]) >= 2
    assert contrast(backs[Priority.HIGH], backs[Priority.LOW]) >= 2


def test_priorities_differ_in_words_alone() -> None:
    lines = {
        priority: panels.banner(Alarms({"x": alarm(priority)}), MONO, 80, 0, flash=False).plain for priority in Priority
    }
    assert all(priority.name in line for priority, line in lines.items())
    assert len({line[:5] for line in lines.values()}) == 3


def test_without_colour_high_is_the_most_salient() -> None:
    """The trap: colours turned to grey make a red banner the palest. Reversed and bold beats reversed beats plain."""

    def weight(priority: Priority) -> int:
        style = plain(Style.parse(panels.alarm_style(alarm(priority), MONO)))
        assert style.color is None or style.color.is_default
        assert style.bgcolor is None or style.bgcolor.is_default
        return 2 * bool(style.reverse) + bool(style.bold)

    assert weight(Priority.HIGH) > weight(Priority.MEDIUM) > weight(Priority.LOW)


@pytest.mark.parametrize("dark", [True, False])
def test_the_dose_scale_rises_or_falls_in_lightness_all_the_way(dark: bool) -> None:
    steps = [luminance(colour) for colour in scale.colours("#000000", dark=dark)[1:]]
    assert len(steps) == scale.LEVELS - 1
    assert steps == sorted(steps, reverse=not dark)
    assert len(set(steps)) == len(steps)


@pytest.mark.parametrize("kind", DEFICIENCIES)
def test_the_dose_scale_keeps_its_order_for_every_kind_of_colour_vision(kind: str) -> None:
    steps = [luminance(seen_as(colour, kind)) for colour in scale.colours("#000000", dark=True)[1::3]]
    assert steps == sorted(steps)


# -- keys --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", [Where.LIVE, Where.WATCH, Where.REPLAY])
def test_help_names_every_action_that_a_key_does(where: Where) -> None:
    keys = keymap(where)
    told = " ".join(names for _, names, _ in help_lines(keys))
    assert len(help_lines(keys)) == len({act.id for act in keys.values()})
    for act in keys.values():
        assert act.help
        assert key_text(act) in told
    assert {name for _, _, name in key_line(keys)} <= {act.id for act in keys.values()}


@pytest.mark.parametrize("where", [Where.LIVE, Where.WATCH, Where.REPLAY])
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_narrow_line_of_keys_keeps_what_matters_most(where: Where, width: int) -> None:
    keys = keymap(where)
    shown = key_line(keys, width)
    text, places = panels.key_line(shown, MONO, width)
    assert text.cell_len <= width
    assert [name for _, _, name in places] == [name for _, _, name in shown], "nothing is cut a second time"
    if width >= 60:
        assert {"help", "quit"} <= {name for _, _, name in shown}


def test_only_a_live_dashboard_can_stop_pause_end_or_order() -> None:
    live = {"stop", "pause", "end", *KINDS}
    assert live <= {act.id for act in keymap(Where.LIVE).values()}
    for where in (Where.WATCH, Where.REPLAY):
        assert not live & {act.id for act in keymap(where).values()}


def test_keys_are_plain_so_that_a_pedal_and_tmux_deliver_them() -> None:
    for act in ACTS:
        assert "+" not in act.keys[0] or act.keys[0] == "+", act.id
        assert not act.keys[0].startswith("f"), act.id


def test_remap_moves_an_action() -> None:
    keys = keymap(Where.LIVE, {"stop": "f, f5"})
    assert stop_keys(keys) == {"f", "f5"}
    assert "s" not in keys


@pytest.mark.parametrize(
    ("remap", "word"), [({"fire": "f"}, "no action"), ({"ack": "s"}, "both"), ({"stop": " , "}, "has no key")]
)
def test_a_wrong_remap_is_refused_with_its_reason(remap: dict[str, str], word: str) -> None:
    with pytest.raises(InputError, match=word):
        keymap(Where.LIVE, remap)


# -- settings ----------------------------------------------------------------------------------------------------------


def test_no_color_wins_over_everything() -> None:
    assert look(environment={"NO_COLOR": "1", "MESOGUN_THEME": "meso-light"}).theme == "meso-mono"


def test_no_flash_by_either_name() -> None:
    assert look(environment={}).flash
    assert not look(environment={"MESOGUN_NO_FLASH": "1"}).flash
    assert not look(environment={"TEXTUAL_ANIMATIONS": "none"}).flash


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    chosen = Look(theme="meso-light", flash=False, bell=False, keys={"ack": "k"})
    remember(tmp_path / "dashboard.json", chosen)
    found = look(tmp_path / "dashboard.json", {})
    assert (found.theme, found.flash, found.bell, dict(found.keys)) == ("meso-light", False, False, {"ack": "k"})
    assert found.tick == "off"
    assert found.themed is not None
    assert found.ticked is not None
    found.ticked("bell")
    found.themed("meso-dark")
    found = look(tmp_path / "dashboard.json", {})
    assert (found.theme, found.tick) == ("meso-dark", "bell"), "the second choice keeps the first"


@pytest.mark.parametrize("text", ["", "[]", '{"theme": "meso-dark"}', '{"theme": "x", "flash": true, "bell": true}'])
def test_a_broken_settings_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "dashboard.json").write_text(text)
    with pytest.raises(InputError):
        look(tmp_path / "dashboard.json", {})


def test_pictures_are_numbered(tmp_path: Path) -> None:
    save = look(tmp_path / "dashboard.json", {}).picture
    assert save is not None
    assert [Path(save("<svg/>")).name for _ in range(2)] == ["mesogun-001.svg", "mesogun-002.svg"]


def test_themes_have_different_names_and_faces() -> None:
    for one, other in combinations(PALETTES.values(), 2):
        assert one.name != other.name
        assert one.surface != other.surface or one.accent != other.accent
