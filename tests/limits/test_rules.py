"""Every rule at, below and above its limit; the label of deoxycholic acid; amounts that cannot be computed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.errors import InputError
from mesogun.limits import Cap, PastTreatment, Subject, Weight, limits_for
from mesogun.limits.asked import nearest_um2
from mesogun.limits.combine import exact
from mesogun.limits.rules import slip
from mesogun.protocol import Bound, Protocol, bundled, supply
from tests.limits.build import Case, Plan, grid, hydration, past, plan_of, site
from tests.trace import req


def submental(count: int = 50, volume_nl: int = 200_000, spacing_um: int = 10_000) -> tuple[Protocol, Plan]:
    protocol = supply(bundled("fat-submental-deoxycholic"), {"shot.depth_mm": 8}, source="Dr A", grade="site")
    return protocol, plan_of(protocol, grid(count, spacing_um, volume_nl, 8_000), spacing_um)


def label_history(treatments: int, last_days: float) -> tuple[PastTreatment, ...]:
    return tuple(past(last_days + 31 * i, 10_000_000, "deoxycholic-acid", 50) for i in range(treatments))


class TestTheLabelOfDeoxycholicAcid:
    """50 points of 0.2 mL on a 1 cm grid, six treatments, a month apart: exactly that passes."""

    def test_exactly_the_label_passes(self) -> None:
        protocol, plan = submental()
        cleared = Case(protocol, plan, history=label_history(5, 31)).run()
        assert cleared.hard_total_nl == 10_000_000
        assert cleared.clearance.max_points == 50
        assert cleared.clearance.max_point_nl == 200_000

    @pytest.mark.parametrize(
        ("count", "volume_nl", "spacing_um", "history", "rule", "asked", "limit"),
        [
            (51, 200_000, 10_000, (), "points.hard_high", 51, 50),
            (51, 200_000, 10_000, (), "treatment_ml.hard_high", 10.2, 10),
            (51, 200_000, 10_000, (), "treatment_mg.hard_high", 102, 100),
            (50, 204_000, 10_000, (), "treatment_ml.hard_high", 10.2, 10),
            (50, 200_100, 10_000, (), "point_ml.hard_high", 0.2001, 0.2),
            (50, 200_000, 9_990, (), "distance_mm.hard_low", 9.99, 10),
            (50, 200_100, 10_000, (), "density_mg_per_cm2.hard_high", 2.001, 2),
            (50, 200_000, 10_000, label_history(6, 31), "treatments.hard_high", 7, 6),
            (50, 200_000, 10_000, label_history(1, 20), "interval_days.hard_low", 20, 31),
            (50, 200_000, 10_000, label_history(1, 30), "interval_days.hard_low", 30, 31),
        ],
    )
    def test_anything_beyond_it_is_refused_with_the_label_as_source(
        self,
        count: int,
        volume_nl: int,
        spacing_um: int,
        history: tuple[PastTreatment, ...],
        rule: str,
        asked: float,
        limit: float,
    ) -> None:
        protocol, plan = submental(count, volume_nl, spacing_um)
        refused = Case(protocol, plan, history=history).refusal()
        assert refused is not None
        broken = {violation.rule: violation for violation in refused.violations}[rule]
        assert broken.limit == limit
        assert broken.asked == pytest.approx(asked)
        assert broken.hard
        assert "label-deoxycholic-acid" in broken.source

    def test_the_refused_case_breaks_nothing_else(self) -> None:
        protocol, plan = submental()
        assert Case(protocol, plan, history=label_history(6, 31)).verdict() == ("treatments.hard_high",)
        assert Case(protocol, plan, history=label_history(1, 20)).verdict() == ("interval_days.hard_low",)

    @req("MG-10")
    @pytest.mark.parametrize("concentration", [9.99, 10.01, 20.0])
    def test_no_other_concentration(self, concentration: float) -> None:
        protocol, _ = submental()
        other = protocol.model_copy(
            update={"agent": protocol.agent.model_copy(update={"concentration": concentration})}
        )
        plan = plan_of(other, grid(10, 10_000, 100_000, 8_000), 10_000)
        rules = Case(other, plan, overrides={"protocol.volume_ul": "less"}).verdict()
        expected = "concentration.hard_low" if concentration < 10 else "concentration.hard_high"
        assert expected in rules

    def test_a_plan_rounded_to_whole_micrometres_keeps_the_grid(self) -> None:
        protocol, plan = submental()
        shaken = tuple(replace(p, x_um=p.x_um + (i % 3 - 1), y_um=p.y_um - (i % 2)) for i, p in enumerate(plan.points))
        assert Case(protocol, replace(plan, points=shaken)).verdict() == ()


EDGES = [
    # kind, edge, limit, a plan's own value when it is exactly at the limit: (count, volume_nl, depth_um)
    ("point_ml", "hard_high", "0.03", (10, 30_000, 1500), (10, 30_001, 1500)),
    ("point_ml", "hard_low", "0.02", (10, 20_000, 1500), (10, 19_999, 1500)),
    ("point_ml", "soft_low", "0.02", (10, 20_000, 1500), (10, 19_999, 1500)),
    ("treatment_ml", "hard_high", "0.3", (10, 30_000, 1500), (10, 30_001, 1500)),
    ("treatment_ml", "hard_low", "0.3", (10, 30_000, 1500), (10, 29_999, 1500)),
    ("treatment_ml", "soft_low", "0.3", (10, 30_000, 1500), (10, 29_999, 1500)),
    ("course_ml", "hard_high", "0.3", (10, 30_000, 1500), (10, 30_001, 1500)),
    ("course_ml", "soft_high", "0.3", (10, 30_000, 1500), (10, 30_001, 1500)),
    ("treatment_mg", "hard_high", "6.0", (10, 30_000, 1500), (10, 30_001, 1500)),
    ("treatment_mg", "soft_low", "6.0", (10, 30_000, 1500), (10, 29_999, 1500)),
    ("treatment_mg_per_kg", "hard_high", "0.1", (10, 30_000, 1500), (10, 30_001, 1500)),
    ("points", "hard_high", "10", (10, 30_000, 1500), (11, 30_000, 1500)),
    ("points", "soft_high", "10", (10, 30_000, 1500), (11, 30_000, 1500)),
    ("points", "hard_low", "10", (10, 30_000, 1500), (9, 30_000, 1500)),
    ("depth_mm", "hard_high", "1.5", (10, 30_000, 1500), (10, 30_000, 1501)),
    ("depth_mm", "hard_low", "1.5", (10, 30_000, 1500), (10, 30_000, 1499)),
    ("density_mg_per_cm2", "hard_high", "0.6", (10, 30_000, 1500), (10, 30_001, 1500)),
    ("concentration", "hard_high", "20.0", (10, 30_000, 1500), None),
    ("concentration", "hard_low", "20.0", (10, 30_000, 1500), None),
    ("concentration", "hard_high", "19.99", None, (10, 30_000, 1500)),
    ("concentration", "hard_low", "20.01", None, (10, 30_000, 1500)),
    ("distance_mm", "hard_low", "10.0", (10, 30_000, 1500), None),
    ("distance_mm", "hard_low", "10.01", None, (10, 30_000, 1500)),
    ("treatments", "hard_high", "1", (10, 30_000, 1500), None),
    ("treatments", "soft_high", "0", None, (10, 30_000, 1500)),
]


@req("MG-05", "MG-06", "MG-11")
@pytest.mark.parametrize(("kind", "edge", "limit", "passes", "fails"), EDGES)
def test_an_edge_passes_and_the_next_step_does_not(
    kind: str, edge: str, limit: str, passes: tuple[int, int, int] | None, fails: tuple[int, int, int] | None
) -> None:
    clinic = site(f"hyaluronic-acid {kind} {edge}={limit}")
    subject = Subject("s-1", Weight(60.0, date(2026, 3, 2), "op-1"))
    reason = {"protocol.volume_ul": "asked for"}
    for shape, expected in ((passes, ()), (fails, (f"{kind}.{edge}",))):
        if shape is not None:
            protocol, plan = hydration(*shape)
            assert Case(protocol, plan, site=clinic, subject=subject, overrides=reason).verdict() == expected


@pytest.mark.parametrize(("days", "rules"), [(14, ()), (14.4, ()), (13, ("interval_days.hard_low",))])
def test_the_interval_counts_calendar_days(days: float, rules: tuple[str, ...]) -> None:
    protocol, plan = hydration()
    clinic = site("* interval_days hard_low=14")
    assert Case(protocol, plan, site=clinic, history=(past(days),)).verdict() == rules


@req("MG-04")
def test_shots_keep_their_distance_in_time_and_space() -> None:
    from mesogun.limits import check_pause

    protocol, plan = hydration()
    clinic = site("* shot_interval_ms hard_low=100", "* distance_mm hard_low=10")
    cleared = Case(protocol, plan, site=clinic).run()
    assert check_pause(cleared, since_last_shot_ms=100) == ()
    (violation,) = check_pause(cleared, since_last_shot_ms=99)
    assert (violation.rule, violation.hard, violation.limit) == ("shot_interval_ms.hard_low", True, 100)
    near = (*plan.points, replace(plan.points[0], x_um=9_000))
    closer = plan_of(protocol, near, 10_000)
    assert "distance_mm.hard_low" in Case(protocol, closer, site=clinic).verdict()


@req("MG-10")
def test_an_agent_that_nobody_knows_is_blocked() -> None:
    protocol, plan = hydration()
    stranger = protocol.model_copy(update={"agent": protocol.agent.model_copy(update={"id": "moonwater"})})
    verdict = Case(stranger, replace(plan, agent=replace(plan.agent, id="moonwater"))).verdict()
    assert verdict == ("agent.unknown",)


@req("MG-10")
def test_a_class_of_substances_and_a_retired_entry_are_blocked() -> None:
    protocol, plan = hydration()
    agents = '[[agent]]\nid = "old"\nname = "Old"\nunit = "mixture"\nsources = ["s2-eurolook"]\nretired = true\n'
    for agent, rule in (("enzymes", "agent.blocked"), ("botulinum-toxin", "agent.blocked"), ("old", "agent.retired")):
        other = protocol.model_copy(update={"agent": protocol.agent.model_copy(update={"id": agent})})
        moved = replace(plan, agent=replace(plan.agent, id=agent))
        assert rule in Case(other, moved, site=site(agents=agents)).verdict()


@req("MG-10")
def test_another_brand_or_another_unit_is_another_substance() -> None:
    botox = supply(bundled("face-wrinkles-mesobotox"), {"shot.spacing_mm": 5}, source="Dr A", grade="site")
    plan = plan_of(botox, grid(100, 5_000, 10_000, 1_000), 5_000)
    for brand in ("Other", None):
        other = botox.model_copy(update={"agent": botox.agent.model_copy(update={"brand": brand})})
        assert "agent.brand" in Case(other, plan).verdict()
    assert "agent.brand" not in Case(botox, plan).verdict()
    protocol, plan = hydration()
    mixed = protocol.model_copy(update={"agent": protocol.agent.model_copy(update={"unit": None})})
    assert "agent.unit" in Case(mixed, replace(plan, agent=replace(plan.agent, unit=None))).verdict()


def test_a_limit_that_nobody_set_is_zero() -> None:
    protocol = bundled("face-fine-lines-nappage")
    filled = supply(
        protocol,
        {"shot.depth_mm": 1, "shot.spacing_mm": 4, "shot.volume_ul": 5},
        source="Dr A",
        grade="site",
    )
    plan = plan_of(filled, grid(10, 4_000, 5_000, 1_000), 4_000)
    refused = Case(filled, plan).refusal()
    assert refused is not None
    assert [(v.rule, v.limit) for v in refused.violations] == [("point_ml.unset", 0.0), ("treatment_ml.unset", 0.0)]
    assert "a limit that nobody set is zero" in refused.violations[0].message
    one = site("revitalising-mixture point_ml hard_high=0.01")
    assert Case(filled, plan, site=one).verdict() == ("treatment_ml.unset",)
    soft = site("revitalising-mixture point_ml hard_high=0.01", "revitalising-mixture treatment_ml soft_high=1")
    assert Case(filled, plan, site=soft).verdict() == ("treatment_ml.unset",)
    low = site("revitalising-mixture point_ml hard_high=0.01", "revitalising-mixture treatment_ml hard_low=0.001")
    assert Case(filled, plan, site=low).verdict() == ("treatment_ml.unset",)
    both = site("revitalising-mixture point_ml hard_high=0.01", "revitalising-mixture treatment_ml hard_high=1")
    assert Case(filled, plan, site=both).verdict() == ()


def test_a_missing_limit_of_an_amount_that_cannot_be_computed_is_still_zero() -> None:
    protocol, plan = hydration()
    agent = protocol.agent.model_copy(update={"id": "dutasteride", "concentration": None, "demand": "x"})
    bare = protocol.model_copy(update={"agent": agent})
    moved = replace(plan, agent=replace(plan.agent, id="dutasteride", concentration=None))
    refused = Case(bare, moved).refusal()
    assert refused is not None
    (unset,) = [violation for violation in refused.violations if violation.rule == "treatment_mg.unset"]
    assert (unset.asked, unset.limit) == (None, 0.0)
    assert unset.message.startswith("nobody set a limit for dutasteride")


@pytest.mark.parametrize("missing", ["weight", "concentration", "unit"])
def test_an_amount_that_cannot_be_computed_is_not_passed(missing: str) -> None:
    protocol, plan = hydration()
    kind = "treatment_mg_per_kg" if missing != "unit" else "treatment_units"
    subject = Subject("s-1", None if missing == "weight" else Weight(60.0, date(2026, 3, 2), "op-1"))
    if missing == "concentration":
        agent = protocol.agent.model_copy(update={"concentration": None, "demand": "x"})
        protocol = protocol.model_copy(update={"agent": agent})
        plan = replace(plan, agent=replace(plan.agent, concentration=None))
    clinic = site(f"hyaluronic-acid {kind} hard_high=1000")
    assert f"{kind}.unknown" in Case(protocol, plan, site=clinic, subject=subject).verdict()


@req("MG-05")
@pytest.mark.parametrize(("volume_nl", "named"), [(200_000, True), (2_000, True), (60_000, False)])
def test_a_slip_of_the_decimal_point_is_named_as_such(volume_nl: int, named: bool) -> None:
    protocol, plan = hydration(10, volume_nl)
    refused = Case(protocol, plan).refusal()
    assert refused is not None
    assert ("a slip of the decimal point?" in str(refused)) is named


@given(st.fractions(min_value=Fraction(1, 1000), max_value=1000))
def test_ten_times_and_a_tenth_are_slips_of_any_value(usual: Fraction) -> None:
    assert slip(usual * 10, usual, usual)
    assert slip(usual / 10, usual, usual)
    assert not slip(usual, usual, usual)
    assert not slip(usual * 5, usual, usual)
    for ratio in (Fraction(95, 10), Fraction(105, 10)):
        assert slip(usual * ratio, usual, usual)
        assert slip(usual / ratio, usual, usual)
        assert not slip(usual * (ratio + (1 if ratio > 10 else -1)), usual, usual)
        assert not slip(usual / (ratio + (1 if ratio > 10 else -1)), usual, usual)
    assert not slip(Fraction(0), Fraction(0), Fraction(0))


@req("MG-11")
def test_the_most_restrictive_edge_wins_and_says_where_it_is_from() -> None:
    protocol, _ = hydration()
    subject_rule = site("hyaluronic-acid treatment_ml hard_high=0.5").limit[0]
    bound = type(protocol.limits[0])(**{**subject_rule.model_dump(exclude={"agent"}), "source": "Dr A"})
    clinic = site("* treatment_ml hard_high=0.8 soft_low=0.1", "hyaluronic-acid point_ml hard_high=0.5")
    for subject, expected, origin in (
        (None, Fraction(4, 5), "site"),
        (Subject("s-1", bounds=(bound,)), Fraction(1, 2), "subject"),
    ):
        edge = limits_for(protocol, site=clinic, subject=subject).edge("treatment_ml", "hard_high")
        assert edge is not None
        assert (edge.value, edge.origin) == (expected, origin)
    combined = limits_for(protocol, site=clinic)
    point = combined.edge("point_ml", "hard_high")
    low = combined.edge("treatment_ml", "soft_low")
    assert point is not None
    assert (point.value, point.origin, point.source) == (Fraction(1, 20), "protocol", "hertz-kleptow-2019")
    assert low is not None
    assert low.told() == "site: clinic rule, grade site"


@given(
    st.lists(st.floats(min_value=0.001, max_value=10).map(lambda x: round(x, 3)), min_size=2, max_size=2),
    st.integers(min_value=1, max_value=5_000_000),
)
def test_more_limits_never_allow_more(edges: list[float], volume_nl: int) -> None:
    protocol, _ = hydration()
    plan = plan_of(protocol, grid(1, 10_000, volume_nl, 1500), 10_000)
    one = site(f"* treatment_ml hard_high={edges[0]}")
    two = site(f"* treatment_ml hard_high={edges[0]}", f"hyaluronic-acid treatment_ml hard_high={edges[1]}")
    refused_by_one = set(Case(protocol, plan, site=one).verdict())
    assert refused_by_one <= set(Case(protocol, plan, site=two).verdict())
    over = volume_nl > round(min(*edges, 3) * 1_000_000)
    assert ("treatment_ml.hard_high" in Case(protocol, plan, site=two).verdict()) is over


@given(st.decimals(min_value="0.001", max_value="1000", places=3))
def test_limits_are_compared_as_people_wrote_them(written: object) -> None:
    assert exact(float(str(written))) == Fraction(str(written))


@given(st.lists(st.tuples(st.integers(-5_000, 5_000), st.integers(-5_000, 5_000)), min_size=2, max_size=40))
def test_the_nearest_neighbour_is_the_nearest(places: list[tuple[int, int]]) -> None:
    brute = [
        min((x - u) ** 2 + (y - v) ** 2 for j, (u, v) in enumerate(places) if j != i) for i, (x, y) in enumerate(places)
    ]
    assert nearest_um2(places) == brute


def test_one_point_has_no_neighbour_and_no_density() -> None:
    protocol, plan = hydration(1)
    clinic = site("* distance_mm hard_low=5", "* density_mg_per_cm2 hard_high=0.001")
    assert nearest_um2([(0, 0)]) is None
    assert Case(protocol, plan, site=clinic).verdict() == ()


def test_two_points_on_one_spot_have_no_density() -> None:
    protocol, plan = hydration(2)
    doubled = plan_of(protocol, (plan.points[0], plan.points[0]), 10_000)
    rules = Case(protocol, doubled, site=site("* density_mg_per_cm2 hard_high=1000")).verdict()
    assert rules == ("density_mg_per_cm2.unknown",)


def test_leaving_the_range_of_the_protocol_needs_a_reason() -> None:
    protocol, plan = hydration(10, 25_000, 2_500)
    wide = replace(plan, spacing_um=25_000)
    rules = ("protocol.depth_mm", "protocol.spacing_mm", "protocol.volume_ul")
    assert Case(protocol, wide).verdict() == rules
    assert Case(protocol, wide, overrides=dict.fromkeys(rules, "agreed with the subject")).verdict() == ()
    stepped = plan_of(protocol, [replace(p, volume_nl=20_000 + i % 2 * 100) for i, p in enumerate(plan.points)], 10_000)
    assert Case(protocol, stepped, overrides={"protocol.depth_mm": "agreed"}).verdict() == ()


@pytest.mark.parametrize(("volume_nl", "limit"), [(19_900, None), (19_899, 20.0), (20_100, None), (20_101, 20.0)])
def test_one_step_of_the_gun_is_rounding_and_more_is_a_departure(volume_nl: int, limit: float | None) -> None:
    protocol, plan = hydration(10, volume_nl)
    refused = Case(protocol, plan).refusal()
    if limit is None:
        assert refused is None
    else:
        assert refused is not None
        (soft,) = refused.violations
        assert (soft.rule, soft.limit, soft.hard) == ("protocol.volume_ul", limit, False)
        assert "the protocol has 20 uL (nct03461198, grade A)" in soft.message


@pytest.mark.parametrize(("depth_um", "limit"), [(999, None), (998, 1.0), (2_001, None), (2_002, 2.0)])
def test_a_departure_names_the_end_of_the_range_that_it_leaves(depth_um: int, limit: float | None) -> None:
    protocol, plan = hydration(10, 20_000, depth_um)
    refused = Case(protocol, plan).refusal()
    told = None if refused is None else refused.violations[0]
    assert (told.limit if told else None) == limit
    assert told is None or "the protocol has 1 to 2 mm (beautytrainingportal, grade B)" in told.message


def test_of_two_equal_limits_the_first_origin_is_named() -> None:
    protocol, _ = hydration()
    combined = limits_for(protocol, site=site("* treatment_ml hard_high=3", "* point_ml hard_low=0.001"))
    own = Subject("s-1", bounds=(Bound(kind="point_ml", hard_low=0.001, source="Dr A", grade="site"),))
    lowest = limits_for(protocol, site=site("* point_ml hard_low=0.001"), subject=own)
    for limits, kind, name, origin in (
        (combined, "treatment_ml", "hard_high", "protocol"),
        (lowest, "point_ml", "hard_low", "site"),
    ):
        edge = limits.edge(kind, name)  # type: ignore[arg-type]
        assert edge is not None
        assert edge.origin == origin


@pytest.mark.parametrize("kg", [0.0, -60.0, 0.9, 501.0, float("nan"), float("inf")])
def test_a_weight_that_nobody_has_is_refused(kg: float) -> None:
    with pytest.raises(InputError, match="between 1 and 500 kg"):
        Weight(kg, date(2026, 3, 2), "op-1")


def test_a_recorded_weight_is_a_number_of_kilograms() -> None:
    assert Weight.recorded("62.5", date(2026, 3, 2), "op-1").kg == 62.5
    for text in ("", "62,5", "138 lb", "nan", "625"):
        with pytest.raises(InputError, match="weight"):
            Weight.recorded(text, date(2026, 3, 2), "op-1")


def test_many_points_on_one_spot_are_judged_in_time() -> None:
    places = [(0, 0)] * 5_000 + [(1_000_000, 0)]
    assert nearest_um2(places) == [0] * 5_000 + [10**12]


@req("MG-06")
@pytest.mark.parametrize(
    ("limit", "cap_nl"),
    [
        ("treatment_ml hard_high=0.5", 480_000),
        ("course_ml hard_high=0.6", 480_000),
        ("treatment_mg hard_high=10", 480_000),
        ("treatment_mg hard_high=9.99999", 479_999),
        ("treatment_mg_per_kg hard_high=0.16", 460_000),
        ("treatment_mg_per_kg soft_high=0.16", 460_000),
    ],
)
def test_each_limit_of_an_amount_becomes_a_cap_in_whole_nanolitres(limit: str, cap_nl: int) -> None:
    from mesogun.limits import check_load

    protocol, plan = hydration(10)
    subject = Subject("s-1", Weight(60.0, date(2026, 3, 2), "op-1"))
    earlier = (past(0.5, 20_000), past(40, 100_000))
    cleared = Case(protocol, plan, site=site(f"* {limit}"), subject=subject, history=earlier).run()
    rule = limit.replace(" ", ".").split("=")[0]
    (cap,) = [cap for cap in cleared.clearance.caps if cap.rule == rule and cap.cap_nl < 1_000_000]
    assert cap.cap_nl == cap_nl
    assert check_load(cleared, high_nl_after=cap_nl, soft=True) == ()
    (violation,) = check_load(cleared, high_nl_after=cap_nl + 1, soft=True)
    assert (violation.rule, violation.hard) == (rule, "hard" in rule)
    assert cap.told in violation.message


def test_a_refusal_says_what_would_work() -> None:
    protocol, plan = submental()
    assert "; possible from 2026-03-13" in str(Case(protocol, plan, history=label_history(1, 20)).refusal())
    hydrated, drops = hydration(10)
    today = (past(0.5, 2_900_000, points=7),)
    told = str(Case(hydrated, drops, site=site("* points hard_high=10"), history=today).refusal())
    assert "3.1 mL asked, at most 3 allowed (protocol: nct03461198, grade A); 2.9 mL of it were given before" in told
    assert (
        "17 points asked, at most 10 allowed (site: clinic rule, grade site); 7 points of it were given before" in told
    )
    alone = str(Case(hydrated, drops, site=site("* points hard_high=9")).refusal())
    assert "given before" not in alone


@req("MG-06")
def test_earlier_doses_count_at_their_own_concentration() -> None:
    protocol, plan = hydration(10)  # 0.2 mL of 20 mg/mL: 4 mg
    strong = replace(past(0.5, 100_000), concentration="50.0")  # 5 mg
    for limit, expected in ((9, ()), (8.999, ("treatment_mg.hard_high",))):
        case = Case(protocol, plan, site=site(f"* treatment_mg hard_high={limit}"), history=(strong,))
        assert case.verdict() == expected
    cleared = Case(protocol, plan, site=site("* treatment_mg hard_high=9"), history=(strong,)).run()
    assert cleared.hard_total_nl == 200_000


@pytest.mark.parametrize(("concentration", "unit"), [(None, None), ("50", "U/mL"), (None, "mg/mL")])
def test_an_earlier_dose_of_unknown_concentration_is_not_guessed(concentration: str | None, unit: str | None) -> None:
    protocol, plan = hydration(10)
    vague = replace(past(0.5, 1), concentration=concentration, unit=unit)
    case = Case(protocol, plan, site=site("* treatment_mg hard_high=100"), history=(vague,))
    assert case.verdict() == ("treatment_mg.unknown",)
    assert replace(case, history=(replace(vague, started_at=past(1).started_at),)).verdict() == ()


@pytest.mark.parametrize("text", ["", "-1", "1e9", "1/3", "nan", "١", "1" * 7])
def test_a_recorded_concentration_is_a_plain_decimal(text: str) -> None:
    with pytest.raises(InputError, match="no decimal number"):
        replace(past(1), concentration=text)


@given(st.floats(min_value=1e-9, max_value=999_999))
def test_every_concentration_that_a_plan_can_carry_is_read_exactly(concentration: float) -> None:
    earlier = replace(past(1, 2_000_000), concentration=repr(concentration))
    assert earlier.amount("mg/mL") == 2 * exact(concentration)


def test_units_become_a_cap_and_points_count_the_day() -> None:
    protocol = supply(bundled("face-wrinkles-mesobotox"), {"shot.spacing_mm": 5}, source="Dr A", grade="site")
    plan = plan_of(protocol, grid(100, 5_000, 10_000, 1_000), 5_000)
    clinic = site(
        "onabotulinumtoxina point_ml hard_high=0.01",
        "onabotulinumtoxina treatment_ml hard_high=2",
        "onabotulinumtoxina treatment_units hard_high=25",
        "onabotulinumtoxina points hard_high=120",
    )
    earlier = (past(0.2, 50_000, "onabotulinumtoxina", 15), past(90, 900_000, "onabotulinumtoxina", 90))
    cleared = Case(protocol, plan, site=clinic, history=earlier).run()
    assert cleared.hard_total_nl == 1_250_000 - 50_000
    assert cleared.clearance.max_points == 105


@given(
    st.lists(st.integers(1, 500_000), min_size=1, max_size=30),
    st.integers(0, 2_000),
    st.integers(0, 50_000),
    st.integers(1, 3_000_000),
)
def test_shots_that_fit_are_those_whose_bounds_add_up_within_the_limit(
    volumes_nl: list[int], overrun_nl: int, overrun_ppm: int, limit_nl: int
) -> None:
    from mesogun.limits import shots_that_fit
    from mesogun.record import loaded_high_nl

    protocol, plan = hydration(1)
    cleared = replace(Case(protocol, plan).run().clearance, caps=(Cap("treatment_ml.hard_high", limit_nl, True, ""),))
    fit = shots_that_fit(cleared, volumes_nl, overrun_nl=overrun_nl, overrun_ppm=overrun_ppm)
    highs = [loaded_high_nl(volume, overrun_nl, overrun_ppm) for volume in volumes_nl]
    assert sum(highs[:fit]) <= limit_nl
    assert fit == len(highs) or sum(highs[: fit + 1]) > limit_nl


def test_the_labelled_case_to_the_last_drop_leaves_no_room_for_overrun() -> None:
    from mesogun.limits import shots_that_fit

    protocol, plan = submental()
    cleared = Case(protocol, plan).run()
    volumes = [point.volume_nl for point in plan.points]
    assert shots_that_fit(cleared, volumes, overrun_nl=0, overrun_ppm=0) == 50
    assert shots_that_fit(cleared, volumes, overrun_nl=300, overrun_ppm=20_000) == 48
