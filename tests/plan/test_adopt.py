from __future__ import annotations

import pytest

from mesogun.area import example
from mesogun.errors import InputError, Refused
from mesogun.plan import make_plan, request_from_protocol, summary_text
from mesogun.protocol import Protocol, bundled, bundled_names, supply

NUMBERS = {"shot.depth_mm": 1.5, "shot.spacing_mm": 6.0, "shot.volume_ul": 20.0, "agent.concentration": 5.0}


def supplied(name: str) -> Protocol:
    protocol = bundled(name)
    wanted = {key: value for key, value in NUMBERS.items() if key in protocol.demanded}
    return supply(protocol, wanted, source="Dr. Example", grade="site")


def test_a_demanded_number_is_refused_until_somebody_supplies_it() -> None:
    protocol = next(bundled(name) for name in bundled_names() if "shot.spacing_mm" in bundled(name).demanded)
    with pytest.raises(InputError, match=r"shot\.spacing_mm.* must be supplied by the practitioner"):
        request_from_protocol(protocol, step_nl=500, syringe_nl=1_000_000)


def test_numbers_keep_their_range_and_say_where_they_come_from() -> None:
    protocol = supplied("face-mesolift")
    request = request_from_protocol(protocol, step_nl=500, syringe_nl=1_000_000)
    quantity = protocol.shot.spacing_mm
    bounds = quantity.bounds()
    assert bounds is not None
    assert (request.spacing.low, request.spacing.high) == (round(bounds[0] * 1000), round(bounds[1] * 1000))
    assert quantity.source in request.spacing.source
    assert f"grade {quantity.grade}" in request.spacing.source
    assert request.protocol_sha256 == protocol.sha256
    assert request.layer == "dermis"
    assert request.head == protocol.head


def test_a_chosen_number_must_lie_in_the_protocols_range() -> None:
    protocol = supplied("face-mesolift")
    request = request_from_protocol(protocol, step_nl=500, syringe_nl=1_000_000, spacing_um=6_500, order="comfort")
    assert request.spacing.fixed
    assert request.spacing.start == 6_500
    assert request.order == "comfort"
    with pytest.raises(Refused, match="outside what the protocol allows"):
        request_from_protocol(protocol, step_nl=500, syringe_nl=1_000_000, spacing_um=50_000)


@pytest.mark.parametrize(
    ("protocol", "area"), [("face-mesolift", "cheek"), ("body-cellulite", "thigh"), ("neck-decolletage", "neck")]
)
def test_three_protocols_on_three_areas_read_as_advice(protocol: str, area: str) -> None:
    place = example(area)
    plan = make_plan(place, request_from_protocol(supplied(protocol), step_nl=500, syringe_nl=1_000_000))
    text = summary_text(plan, place)
    assert (plan.protocol_id, plan.area_name) == (protocol, area)
    for part in (plan.protocol_title.split(",")[0], "Area", "Volumes", "Path", "Syringes", "Before you start"):
        assert part in text
    assert "  \n" not in text
    assert "None" not in text
    assert "nan" not in text
