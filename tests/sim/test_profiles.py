"""A profile that contradicts itself is refused, with everything that is wrong, in one line."""

from __future__ import annotations

from importlib import resources

import pytest

from mesogun.errors import InputError
from sim.kernel import Streams
from sim.physics import population, profile

STANDARD = (resources.files("sim.physics") / "profiles" / "standard.toml").read_text(encoding="utf-8")
HEAD = STANDARD[STANDARD.index("[gun]") : STANDARD.index("[screw]")]


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        profile.parse(text, "mine")
    told = str(caught.value)
    assert told.startswith("profile mine: ")
    assert "\n" not in told
    return told


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"battery.low_mv": 2_800}, "battery.brownout_mv = 3000 is above battery.low_mv = 2800"),
        ({"battery.open_mv": 2_900}, "would give way in the first stroke"),
        ({"battery.low_mv": 2_900}, "dead before it is low"),
        ({"battery.low_mv": 4_200}, "a full cell would be low"),
        ({"battery.sag_mv": 1_200}, "sag_mv = 1200 is below battery.brownout_mv = 3000: a full cell would give way"),
        ({"syringe.nominal_nl": 100_000, "syringe.dead_volume_nl": 150_000}, "priming would empty the syringe"),
        ({"shot.max_volume_nl": 1_000_010}, "no syringe holds the largest shot"),
        ({"syringe.low_nl": 1_000_001}, "a full syringe would be low"),
        ({"sensors.contact_mn": 20_000, "sensors.contact_full_scale_mn": 19_999}, "contact would never be seen"),
        ({"tissue.pressure_kpa": 50, "sensors.occlusion_kpa": 50}, "skin itself would be an occlusion"),
        ({"sensors.occlusion_kpa": 10, "sensors.pressure_offset_kpa": 12}, "skin itself would be an occlusion"),
        ({"shot.min_volume_nl": 1_001, "shot.max_volume_nl": 1_009}, "no multiple of shot.step_nl = 10 lies between"),
        ({"needle.count": 2.5}, "needle.count = 2.5 must be a whole number"),
        ({"shot.step_nl": 10.5}, "shot.step_nl = 10.5 must be a whole number"),
        ({"memory.magazine": 7.25}, "memory.magazine = 7.25 must be a whole number"),
        ({"calibration.gain_error_ppm": 10_001}, "beyond calibration.overrun_ppm = 10000"),
        ({"calibration.gain_error_ppm": -10_001}, "beyond calibration.overrun_ppm = 10000"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(change: dict[str, float], says: str) -> None:
    with pytest.raises(InputError) as caught:
        profile.load("standard").changed(**{key.replace(".", "__"): value for key, value in change.items()})
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_contradictions_are_told_at_once() -> None:
    text = STANDARD.replace("count = { value = 1,", "count = { value = 2.5,").replace(
        "low_mv = { value = 3500", "low_mv = { value = 9000"
    )
    text = text.replace("contact_mn = { value = 500,", "contact_mn = { value = 20001,")
    told = refused(text)
    for says in ("needle.count = 2.5", "a full cell would be low", "sensors.contact_mn = 20001"):
        assert says in told


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (HEAD, "gun = 3\n", "gun = 3 is not a table"),
        ('mode = "single"', 'moed = "burst"', "gun.moed is not a known value; known: title, mode, depth"),
        ('mode = "single"', "mode = 3", "gun.mode 3 is none of single, burst, continuous"),
        ('mode = "single"', "mode = ['single']", "gun.mode ['single'] is none of"),
        ('depth = "motorised"', 'depth = "by hand"', "gun.depth 'by hand' is none of motorised, manual"),
        ('title = "Stiff 1 mL cartridge, one 30G 4 mm needle"', "title = 7", "gun.title = 7 is not a text"),
        ("# A virtual gun.", "colour = 3 #", "colour = 3 is not a table, [colour]"),
        ("# A virtual gun.", "[colour]\nred = 3\n#", "colour.red is not a known value"),
    ],
)  # fmt: skip
def test_a_head_that_says_nothing_is_refused(old: str, new: str, says: str) -> None:
    assert old in STANDARD
    assert says in refused(STANDARD.replace(old, new, 1))


def test_a_section_that_is_no_table_is_refused() -> None:
    start, end = STANDARD.index("[needle]"), STANDARD.index("[fluid]")
    told = refused("needle = 3\n" + STANDARD[:start] + STANDARD[end:])
    assert "needle = 3 is not a table, [needle]" in told


@pytest.mark.parametrize("name", profile.names())
def test_no_gun_of_a_population_contradicts_itself(name: str) -> None:
    for seed in range(50):
        population.sample(profile.load(name), Streams(seed).fork("gun"))
