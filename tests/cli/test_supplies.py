"""What is used up, what is given again, and what was seen afterwards, on the command line."""

from __future__ import annotations

import json
import sys

import pytest

from tests.cli.command import Command
from tests.trace import req

PORT = "sim://standard?start=2026-01-05T09:00:00Z"
TREAT = ("treat", "face-hydration-ha", "--port", PORT, "--yes", "--demo-values", "--json")


@pytest.fixture
def area(mesogun: Command) -> tuple[str, str]:
    path = mesogun.folder / "patch.csv"
    path.write_text("x_mm,y_mm\n0,0\n32,0\n32,22\n0,22\n")
    return "--area", str(path)


@req("MG-13")
def test_a_part_without_a_limit_is_single_use(mesogun: Command, area: tuple[str, str]) -> None:
    words = (*TREAT, *area, "--subject", "s-0001", "--part", "needle:N1")
    assert mesogun(*words).code == 0
    again = mesogun(*TREAT, *area, "--subject", "s-0002", "--part", "needle:N1")
    assert again.code == 5
    assert "needle N1 was used 1 times, single use" in again.complaint
    assert mesogun(*TREAT, *area, "--subject", "s-0002", "--part", "needle").code == 2


@req("MG-13")
def test_a_nozzle_may_be_used_as_often_as_the_clinic_says(mesogun: Command, area: tuple[str, str]) -> None:
    clinic = mesogun.folder / "clinic.toml"
    clinic.write_text(
        'format = 1\nset_by = "Dr A"\nset_on = "2026-01-05"\n'
        '[[part]]\nkind = "nozzle"\nmax_uses = 2\nsource = "clinic rule 7"\n'
    )
    codes = []
    for number in range(3):
        words = ("--subject", f"s-000{number}", "--part", "nozzle:A1", "--site-limits", str(clinic))
        codes.append(mesogun(*TREAT, *area, *words))
    assert [done.code for done in codes] == [0, 0, 5]
    assert "nozzle A1 was used 2 times, at most 2 uses" in codes[-1].complaint


def test_demonstration_values_do_not_put_the_clinics_limits_aside(mesogun: Command, area: tuple[str, str]) -> None:
    clinic = mesogun.folder / "clinic.toml"
    clinic.write_text(
        'format = 1\nset_by = "Dr A"\nset_on = "2026-01-05"\n'
        '[[limit]]\nagent = "*"\nkind = "points"\nhard_high = 2\nsource = "clinic rule 3"\n'
    )
    done = mesogun(*TREAT, *area, "--subject", "s-0001", "--site-limits", str(clinic))
    assert done.code == 5
    assert "at most 2 allowed (site: clinic rule 3" in done.err


@pytest.mark.parametrize(
    ("opened", "hours", "code"), [("2026-01-05T08:00+00:00", "2", 0), ("2026-01-05T06:00+00:00", "2", 5)]
)
@req("MG-13")
def test_an_open_vial_is_used_for_as_long_as_its_label_says(
    opened: str, hours: str, code: int, mesogun: Command, area: tuple[str, str]
) -> None:
    vial = ("--lot", "A77", "--expiry", "2027-01", "--opened", opened, "--open-for-h", hours)
    done = mesogun(*TREAT, *area, "--subject", "s-0001", *vial)
    assert done.code == code
    assert ("open for more than 2 h" in done.err) == (code == 5)


def confirmed(mesogun: Command) -> list[str]:
    shown = mesogun("journal", "show", "--json", "--kind", "PlanConfirmed").out
    return [json.loads(line)["plan_hash"] for line in shown.splitlines()]


def test_the_same_as_last_time_is_the_same_plan(mesogun: Command, area: tuple[str, str]) -> None:
    done = json.loads(mesogun(*TREAT, *area, "--subject", "s-0001").out.splitlines()[-1])
    hashes = confirmed(mesogun)
    path = mesogun.folder / "again.json"
    told = mesogun("course", "again", "s-0001", "--protocol", "face-hydration-ha", "--out", str(path))
    assert told.code == 0
    assert done["treatment"] in told.out
    other = ("treat", "face-hydration-ha", "--plan", str(path), "--port", PORT, "--yes", "--demo-values", "--json")
    repeated = json.loads(mesogun(*other, "--subject", "s-0002").out.splitlines()[-1])
    assert repeated["planned_nl"] == done["planned_nl"]
    assert len(hashes) == 1
    assert confirmed(mesogun) == hashes * 2, "the same plan, to the byte"
    assert mesogun("course", "again", "s-9", "--protocol", "face-hydration-ha", "--out", str(path)).code == 2


def test_reactions_and_follow_up_are_recorded_in_the_protocols_words(
    mesogun: Command, area: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mesogun("operator", "add", "Ada", "--role", "practitioner")
    mesogun("operator", "use", "Ada")
    treatment = json.loads(mesogun(*TREAT, *area, "--subject", "s-0001").out.splitlines()[-1])["treatment"]
    said = mesogun("course", "reaction", treatment, "--seen", "redness=mild", "--seen", "bruising=moderate")
    assert said.code == 0, said.err
    assert "recorded: bruising, moderate" in said.out
    refused = mesogun("course", "reaction", treatment, "--seen", "itching=mild")
    assert refused.code == 2
    assert "redness" in refused.complaint, "names what the protocol knows"
    assert mesogun("course", "reaction", treatment, "--seen", "redness=awful").code == 2
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert mesogun("course", "reaction", treatment).code == 2
    seen = mesogun("course", "follow-up", treatment, "--finding", "healed", "--on", "2026-01-19")
    assert seen.code == 0
    assert "remind:" in seen.out
    shown = mesogun("journal", "show", treatment).out
    assert "redness" in shown
    assert "healed" in shown
    assert mesogun("course", "follow-up", "0" * 16, "--finding", "x").code == 2
    assert mesogun("journal", "verify").code == 0
