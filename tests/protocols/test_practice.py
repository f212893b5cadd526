"""What five general articles (S0 to S4) say of the practice, row by row, and the place that each item has here."""

from __future__ import annotations

import pytest

from mesogun.limits import bundled_agents, limits_for
from mesogun.protocol import Protocol, Rule, bundled, bundled_names, schools

LIBRARY = {name: bundled(name) for name in bundled_names()}
FIRST = LIBRARY["face-hydration-ha"]
AGENTS = {agent.id: agent for agent in bundled_agents()}
S0, S1, S2, S3, S4 = "s0-overview", "s1-myacare-2024", "s2-eurolook", "s3-injections", "s4-ageing"
ALL = {S0, S1, S2, S3, S4}


def with_area(area: str) -> list[Protocol]:
    return [protocol for protocol in LIBRARY.values() if area in protocol.areas]


def rule(section: str, name: str) -> Rule:
    (found,) = [item for item in getattr(FIRST, section) if item.id == name]
    assert isinstance(found, Rule)
    return found


@pytest.mark.parametrize(
    "area",
    [
        *("face", "neck", "abdomen", "thighs", "arms", "buttocks", "scalp"),  # S0; stomach is the abdomen
        *("hips", "legs", "decolletage"),  # S1
        *("jowls", "submental"),  # S4
    ],
)
def test_every_area_has_a_protocol(area: str) -> None:
    assert with_area(area)


@pytest.mark.parametrize(
    "indication",
    [
        *("rejuvenation", "fine-lines", "wrinkles", "skin-laxity", "pigmentation", "fat", "cellulite", "hair-loss"),
        *("signs-of-ageing", "elasticity", "hydration", "acne", "inflammation", "circulation"),
        *("pain", "osteoarthritis", "body-contouring", "mesolift", "mesobotox"),
    ],
)
def test_every_indication_has_a_protocol(indication: str) -> None:
    assert [protocol for protocol in LIBRARY.values() if indication in protocol.indications]


@pytest.mark.parametrize(
    ("agent", "articles"),
    [
        ("vitamins", ALL),
        ("enzymes", ALL),
        ("minerals", {S0, S1, S2, S3}),
        ("amino-acids", {S0, S2, S3}),
        ("hyaluronic-acid", {S1, S2, S4}),
        ("plant-extracts", {S1, S3, S4}),
        ("hormones", {S1, S3, S4}),
        ("calcitonin", {S1}),
        ("thyroxine", {S1}),
        ("collagenase", {S1}),
        ("hyaluronidase", {S1}),
        ("antibiotic", {S1}),
        ("vasodilator", {S1, S2}),
        ("anti-inflammatory", {S2}),
        ("antioxidants", {S2}),
        ("homeopathics", {S2}),
        ("dutasteride", {S1}),
        ("botulinum-toxin", {S1}),
    ],
)
def test_every_substance_is_an_entry_that_is_blocked_until_somebody_sets_its_limit(
    agent: str, articles: set[str]
) -> None:
    entry = AGENTS[agent]
    assert set(entry.sources) & ALL == articles
    bare = FIRST.model_copy(
        update={"limits": (), "agent": FIRST.agent.model_copy(update={"id": agent, "concentration": None})}
    )
    limits = limits_for(bare)
    assert entry.blocked is not None or set(limits.unset()) >= {"point_ml", "treatment_ml"}


def test_screening_asks_for_evaluation_goals_and_alternatives() -> None:
    asked = {question.id: question for question in FIRST.screening}
    assert set(asked["evaluation"].sources) == {S0, S1, S2}
    assert "alternative" in asked["expectations"].ask
    assert "qualified practitioner" in asked["evaluation"].ask


def test_consent_covers_procedure_benefit_risk_and_side_effects() -> None:
    assert [item.id for item in FIRST.consent] == ["procedure", "benefit", "risk", "alternatives", "agreement"]
    assert all(S2 in item.sources for item in FIRST.consent)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("nsaid", 7 * 24.0),
        ("supplements", None),
        ("prescribed", None),
        ("alcohol", 24.0),
        ("smoking", None),
        ("irritants", 48.0),
    ],
)
def test_preparation_before_the_day(name: str, hours: float | None) -> None:
    item = rule("preparation", name)
    assert item.hours == hours
    assert S1 in item.sources


def test_preparation_at_the_start_is_steps() -> None:
    assert S0 in rule("preparation", "clean").sources
    assert set(rule("preparation", "anaesthetic").sources) == {S0, S1}


def test_number_of_treatments_is_a_sourced_range_and_not_a_constant() -> None:
    treatments = LIBRARY["face-acne"].course.treatments
    assert treatments.bounds() == (3.0, 25.0)
    assert {treatments.source, *treatments.also} == {S0, S1, S2}
    assert all(word in treatments.note for word in ("3 to 6", "4 to 6", "3 to 25"))
    interval = LIBRARY["face-acne"].course.interval_days
    assert interval.bounds() == (7.0, 10.0)
    assert "weeks" in interval.note


def test_maintenance_and_duration_of_a_visit() -> None:
    for protocol in LIBRARY.values():
        maintenance, visit = protocol.course.maintenance_per_year, protocol.course.visit_minutes
        assert maintenance is not None
        assert visit is not None
        assert (maintenance.bounds(), maintenance.source) == ((1.0, 2.0), S1)
        assert "12 to 18 months" in maintenance.note
        assert visit.bounds() in {(30.0, 30.0), (20.0, 30.0)}


@pytest.mark.parametrize(
    ("name", "articles"),
    [
        ("exercise", {S0, S1}),
        ("sun", {S0, S1}),
        ("clean", {S0}),
        ("skincare", {S0, S1}),
        ("heat", {S1}),
        ("alcohol-smoking", {S1}),
        ("follow-up", {S2}),
    ],
)
def test_aftercare(name: str, articles: set[str]) -> None:
    assert set(rule("aftercare", name).sources) == articles


@pytest.mark.parametrize(
    ("name", "articles"),
    [
        ("redness", {S1, S2, S4}),
        ("swelling", {S0, S1, S2, S4}),
        ("bruising", {S0, S1, S2, S4}),
        ("tenderness", {S1, S2}),
        ("infection", {S0, S1}),
        ("allergy", {S0, S1}),
        ("uneven", {S0}),
        ("scar", {S1}),
        ("pigment", {S1}),
    ],
)
def test_reactions_can_be_recorded_by_name(name: str, articles: set[str]) -> None:
    assert set(rule("reactions", name).sources) & ALL == articles


@pytest.mark.parametrize(
    "technique",
    ["papule", "nappage", "point-by-point", "multi-needle-stamp", "needle-free-electrical", "pistor-classical"],
)
def test_techniques_are_used(technique: str) -> None:
    assert [protocol for protocol in LIBRARY.values() if protocol.technique == technique]


class TestWhereTheArticlesDisagree:
    """The stricter reading holds, both are cited, and what cannot be settled is a question."""

    def test_exercise_is_the_longer_time_citing_both(self) -> None:
        item = rule("aftercare", "exercise")
        assert item.hours == 48
        assert "24" in item.note

    def test_pregnancy_blocks_although_two_articles_say_ask(self) -> None:
        (asked,) = [question for question in FIRST.screening if question.id == "pregnancy"]
        assert asked.yes == "blocked"
        assert {S2, S4} <= set(asked.sources)

    def test_one_article_against_itself_is_a_clearance(self) -> None:
        asked = {question.id: question.yes for question in FIRST.screening}
        assert [asked[name] for name in ("anticoagulant", "diabetes-uncontrolled", "autoimmune")] == ["clearance"] * 3

    def test_marks_fade_in_a_day_or_in_days(self) -> None:
        assert "24 hours" in rule("reactions", "bruising").note

    def test_depth_in_mm_and_target_layer_are_two_things(self) -> None:
        for protocol in LIBRARY.values():
            assert protocol.target_layer in {"epidermal", "dermal", "subcutaneous"}
            assert protocol.shot.depth_mm.missing or protocol.shot.depth_mm.bounds() is not None

    def test_combination_with_laser_or_peel_needs_the_clinics_rule(self) -> None:
        asked = {question.id: question for question in FIRST.screening}
        for name in ("combined-laser", "combined-peel"):
            assert (asked[name].yes, asked[name].sources) == ("clearance", (S2,))
            assert "spacing rule" in asked[name].note

    def test_no_article_gives_a_dose_so_none_carries_one(self) -> None:
        for protocol in LIBRARY.values():
            for key, quantity in protocol.quantities():
                if key.startswith("shot."):
                    assert not {quantity.source, *quantity.also} & ALL, (protocol.id, key)
            assert not {bound.source for bound in protocol.limits} & ALL

    def test_results_are_not_claimed(self) -> None:
        assert "within three weeks" in rule("consent", "benefit").note
        assert "claims nothing" in rule("consent", "benefit").note


def test_late_infection_is_asked_for_beyond_the_articles() -> None:
    assert rule("aftercare", "late-infection").sources == ("singsing-2022",)


def test_schools_that_disagree_are_both_there() -> None:
    assert {entry.school for entry in schools("nappage")} == {"french", "english"}
