"""What a practitioner says on the command line: reasons, steps, a school, a subject's own limits, unmetered visits."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from mesogun.area import example
from mesogun.limits import simulated_answers
from mesogun.protocol import bundled
from tests.cli.command import Command, Done
from tests.trace import req

PORT = "sim://standard?start=2026-01-05T09:00:00Z"
TREAT = ("treat", "face-hydration-ha", "--port", PORT, "--yes", "--demo-values", "--json")


@pytest.fixture
def area(mesogun: Command) -> tuple[str, str]:
    path = mesogun.folder / "patch.csv"
    path.write_text("x_mm,y_mm\n0,0\n32,0\n32,22\n0,22\n")
    return "--area", str(path)


@pytest.fixture
def ada(mesogun: Command) -> str:
    return practitioner(mesogun)


def practitioner(mesogun: Command) -> str:
    reference = mesogun("operator", "add", "Ada", "--role", "practitioner").out.strip()
    assert mesogun("operator", "use", "Ada").code == 0
    return reference


def events(mesogun: Command, kind: str) -> list[dict[str, object]]:
    shown = mesogun("journal", "show", "--json", "--kind", kind).out
    return [json.loads(line) for line in shown.splitlines()]


def limit(mesogun: Command, *words: str) -> Done:
    return mesogun("limits", "set", "hyaluronic-acid", "treatment_ml", "--subject", "s-0001", *words)


@req("MG-08")
def test_a_reason_passes_a_soft_limit_and_is_counted(mesogun: Command, area: tuple[str, str], ada: str) -> None:
    assert limit(mesogun, "--soft-high", "0.01", "--why", "swells easily").code == 0
    words = (*TREAT, *area, "--subject", "s-0001")
    refused = mesogun(*words)
    assert refused.code == 5
    assert "soft treatment_ml.soft_high" in refused.err
    assert f"subject: set by {ada}: swells easily" in refused.err
    done = mesogun(*words, "--reason", "treatment_ml.soft_high=seen by Dr B")
    assert done.code == 0, done.err
    (given,) = events(mesogun, "OverrideGiven")
    assert (given["rule"], given["why"], given["operator"]) == ("treatment_ml.soft_high", "seen by Dr B", ada)
    counted = json.loads(mesogun("limits", "overrides", "--json").out)
    assert counted == [{"rule": "treatment_ml.soft_high", "overridden": 1, "treatments": 1}]
    assert "due for review" in mesogun("limits", "overrides").out


@req("MG-09", "MG-11")
def test_a_subjects_own_limit_holds_for_that_subject_until_it_is_taken_back(
    mesogun: Command, area: tuple[str, str], ada: str
) -> None:
    assert limit(mesogun, "--hard-high", "0.01", "--why", "swells easily").code == 0
    refused = mesogun(*TREAT, *area, "--subject", "s-0001", "--reason", "treatment_ml.hard_high=please")
    assert refused.code == 5
    assert "at most 0.01 allowed (subject: " in refused.err
    assert "treatment_ml.hard_high" in str(events(mesogun, "NotDone")[0]["why"])
    shown = mesogun("limits", "show", "face-hydration-ha", "--subject", "s-0001").out
    assert f"treatment_ml hard high 0.01 mL (subject: set by {ada}: swells easily, grade site)" in shown
    assert "swells easily" not in mesogun("limits", "show", "face-hydration-ha", "--subject", "s-0002").out
    assert "swells easily" not in mesogun("limits", "show", "face-mesolift", "--subject", "s-0001").out
    assert mesogun(*TREAT, *area, "--subject", "s-0002").code == 0
    assert limit(mesogun, "--clear", "--why", "was the other cream").code == 0
    assert mesogun(*TREAT, *area, "--subject", "s-0001").code == 0
    (first, second) = events(mesogun, "SubjectLimited")
    assert (first["hard_high"], second["hard_high"], first["operator"]) == ("0.01", "", ada)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--hard-high", "1"), "--why"),
        (("--hard-high", "1", "--why", " "), "--why"),
        (("--why", "x"), "--hard-high, or --clear"),
        (("--clear", "--hard-high", "1", "--why", "x"), "--clear alone"),
        (("--hard-low", "2", "--hard-high", "1", "--why", "x"), "hard_low <= soft_low"),
        (("--hard-high", "1", "--why", "x", "--source", "y"), "--source"),
    ],
)
def test_half_a_limit_for_a_subject_is_refused(words: tuple[str, ...], says: str, mesogun: Command, ada: str) -> None:
    done = limit(mesogun, *words)
    assert done.code == 2
    assert says in done.complaint
    unknown = mesogun("limits", "set", "moonwater", "points", "--subject", "s-1", "--hard-high", "1", "--why", "x")
    assert "no agent 'moonwater'" in unknown.complaint


def test_a_technician_sets_no_limit_for_anybody(mesogun: Command) -> None:
    mesogun("operator", "add", "Tom", "--role", "technician")
    mesogun("operator", "use", "Tom")
    assert limit(mesogun, "--hard-high", "1", "--why", "x").code == 5


def test_steps_are_on_record(mesogun: Command, area: tuple[str, str]) -> None:
    steps = ("--step", "clean=chlorhexidine 2 %", "--step", "anaesthetic=cream, 1 g, 30 min")
    assert mesogun(*TREAT, *area, "--subject", "s-0001", *steps).code == 0
    told = [(event["step"], event["note"]) for event in events(mesogun, "StepDone")]
    assert told == [("clean", "chlorhexidine 2 %"), ("anaesthetic", "cream, 1 g, 30 min")]
    wrong = mesogun(*TREAT, *area, "--subject", "s-0001", "--step", "massage=")
    assert wrong.code == 5
    assert "no step 'massage'; there are" in wrong.err


@pytest.mark.parametrize(
    "words",
    [
        ("--reason", "treatment_ml.soft_high"),
        ("--reason", "=why"),
        ("--step", "="),
        ("--step", "clean=a", "--step", "clean=b"),
    ],
)
def test_half_a_reason_is_none(words: tuple[str, ...], mesogun: Command, area: tuple[str, str]) -> None:
    assert mesogun(*TREAT, *area, "--subject", "s-0001", *words).code == 2


def test_what_goes_on_takes_no_new_reason(mesogun: Command) -> None:
    done = mesogun("treat", "--resume", "--port", PORT, "--reason", "treatment_ml.soft_high=now")
    assert done.code == 2
    assert "for a new treatment" in done.complaint


def test_each_school_plans_with_its_own_numbers(mesogun: Command) -> None:
    depths = {}
    for school in ("french", "english"):
        words = ("--area", "cheek", "--demo-values", "--school", school, "--json")
        done = mesogun("plan", "face-fine-lines-nappage", *words)
        assert done.code == 0, done.err
        depths[school] = json.loads(done.out)["points"][0]["depth_mm"]
    assert 0.5 <= depths["french"] <= 2 <= depths["english"] <= 4
    unknown = mesogun("plan", "face-fine-lines-nappage", "--area", "cheek", "--school", "martian")
    assert unknown.code == 2
    assert "there are french, english" in unknown.complaint
    shown = mesogun("protocol", "show", "face-fine-lines-nappage").out
    assert "--school french" in shown
    assert "--school english" in shown


def test_a_long_visit_is_told_with_the_plan_and_before_the_treatment(mesogun: Command, area: tuple[str, str]) -> None:
    told = "a visit is said to take at most 30 (s1-myacare-2024)"
    long = mesogun("plan", "face-hydration-ha", "--area", "face", "--spacing-mm", "3", "--demo-values")
    assert (told in long.err) is (long.code == 0), long.err
    short = mesogun("plan", "face-hydration-ha", *area, "--demo-values")
    assert short.code == 0
    assert told not in short.err


def answers(mesogun: Command, **changed: str) -> str:
    protocol = bundled("face-needle-free")
    said = {key: "yes" if answer.yes else "no" for key, answer in simulated_answers(protocol, "", "").screening.items()}
    lines = [f'{key} = "{word}"' for key, word in (said | changed).items()]
    consent = ", ".join(f'"{rule.id}"' for rule in protocol.consent)
    path = mesogun.folder / "answers.toml"
    path.write_text(
        f'format = 1\nconfirm_subject = "s-0001"\nconsent = [{consent}]\n[screening]\n' + "\n".join(lines) + "\n"
    )
    return str(path)


class TestAVisitThatMetersNothing:
    """Area and time, and no volume; everything that is asked before a dose is asked here too."""

    @pytest.fixture(autouse=True)
    def people(self, mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
        mesogun("operator", "add", "Ada", "--role", "practitioner", "--passphrase-stdin")
        mesogun("operator", "use", "Ada")

    @pytest.fixture
    def approved(self, mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
        done = mesogun("protocol", "approve", "face-needle-free", "--why", "used here", "--passphrase-stdin")
        assert done.code == 0, done.err

    def visit(self, mesogun: Command, *words: str, said: str | None = None) -> Done:
        fixed = ("course", "visit", "s-0001", "--protocol", "face-needle-free", "--minutes", "20")
        return mesogun(*fixed, "--answers", said or answers(mesogun), *words)

    @pytest.mark.usefixtures("approved")
    def test_area_and_time_are_on_record_and_no_volume(self, mesogun: Command) -> None:
        done = self.visit(mesogun, "--area", "cheek", "--step", "clean=chlorhexidine 2 %")
        assert done.code == 0, done.err
        assert "no dose was metered" in done.out
        (event,) = events(mesogun, "AreaTreated")
        assert (event["zone"], event["seconds"], event["subject"]) == ("cheek", 1_200, "s-0001")
        assert event["area_mm2"] == round(example("cheek").area_mm2)
        (row,) = json.loads(mesogun("journal", "list", "--json").out)
        assert (row["subject"], row["ended"]) == ("s-0001", "complete")
        course = json.loads(mesogun("course", "show", "s-0001", "--protocol", "face-needle-free", "--json").out)
        assert (course["done"], course["total_nl"]) == ([row["treatment"]], 0)
        report = mesogun("report", row["treatment"])
        assert report.code == 2
        assert "metered no dose" in report.complaint
        sheet = mesogun("report", row["treatment"], "--aftercare", "face-needle-free", "--out", str(mesogun.folder))
        assert sheet.code == 0, sheet.err
        assert "sauna" in Path(sheet.out.strip()).read_text(encoding="utf-8")

    @pytest.mark.usefixtures("approved")
    def test_screening_blocks_and_leaves_a_visit_not_done(self, mesogun: Command) -> None:
        refused = self.visit(mesogun, "--area-cm2", "40", said=answers(mesogun, pregnancy="yes"))
        assert refused.code == 5
        assert "Is the subject pregnant?" in refused.err
        assert "pregnan" in str(events(mesogun, "NotDone")[0]["why"])
        blocked = [event for event in events(mesogun, "ScreeningAnswered") if event["result"] == "blocked"]
        assert [event["question"] for event in blocked] == ["pregnancy"], "what was answered stays with it"
        assert events(mesogun, "AreaTreated") == []

    def test_without_an_approval_nobody_is_treated(self, mesogun: Command) -> None:
        refused = self.visit(mesogun, "--area-cm2", "40")
        assert refused.code == 5
        assert "is a template" in refused.err

    @pytest.mark.parametrize(
        "words",
        [(), ("--area", "cheek", "--area-cm2", "4"), ("--area-cm2", "0"), ("--area-cm2", "4", "--minutes", "0")],
    )
    def test_an_area_and_a_time_are_needed(self, words: tuple[str, ...], mesogun: Command) -> None:
        assert self.visit(mesogun, *words).code == 2

    def test_what_meters_is_treated_with_a_gun(self, mesogun: Command) -> None:
        words = ("--minutes", "20", "--area-cm2", "40", "--answers", answers(mesogun))
        done = mesogun("course", "visit", "s-0001", "--protocol", "face-mesolift", *words)
        assert done.code == 2
        assert "meters a dose" in done.complaint
