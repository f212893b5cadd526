"""The wizard and ``mesogun treat`` agree: what the one lets through the other carries out, and what one refuses too."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mesogun.clock import RealClock
from mesogun.errors import InputError, Refused
from mesogun.identity import Home, Role
from mesogun.journal import journal_at
from mesogun.visit.approving import approval
from tests.cli.command import Command
from tests.visit import build
from tui.draft import Draft
from tui.visit import (
    as_path,
    check_supplies,
    command,
    heads_for,
    look,
    look_at_gun,
    numbers_of,
    practitioners,
    prepare,
    schools_of,
    with_numbers,
    write,
)

PHRASE = "correct horse battery"


def draft_for(folder: Path, **said: object) -> Draft:
    draft = Draft(str(build.short_protocol(folder)), str(build.small_area(folder)), subject="s-0001", port=build.PORT)
    return replace(draft, **said)  # type: ignore[arg-type]


def nothing(_mesogun: Command) -> None:
    """Nobody set a limit, nobody was treated."""


def soft(mesogun: Command) -> None:
    build.clinic_file(mesogun.folder / "state", "treatment_ml soft_high=1.5")


def hard(mesogun: Command) -> None:
    build.clinic_file(mesogun.folder / "state", "depth_mm hard_high=1", "points soft_high=3")


def own(mesogun: Command) -> None:
    build.practitioner()
    words = ("revitalising-mixture", "treatment_ml", "--subject", "s-0001", "--hard-high", "0.2", "--why", "swells")
    assert mesogun("limits", "set", *words).code == 0


def before(mesogun: Command) -> None:
    """Treated today, and the clinic wants a week between."""
    words = ("--area", "cheek", "--subject", "s-0001", "--yes", "--demo-values", "--plain")
    assert mesogun("treat", "face-mesolift", "--port", build.PORT, *words).code == 0
    build.clinic_file(mesogun.folder / "state", "interval_days hard_low=7")


@pytest.mark.parametrize(
    ("place", "rules"),
    [
        (nothing, []),
        (soft, ["treatment_ml.soft_high"]),
        (hard, ["depth_mm.hard_high", "points.soft_high"]),
        (own, ["treatment_ml.hard_high"]),
        (before, ["interval_days.hard_low"]),
    ],
)
def test_what_the_wizard_says_is_what_treat_says(
    place: Callable[[Command], None], rules: list[str], mesogun: Command
) -> None:
    place(mesogun)
    folder = mesogun.folder
    desk, draft = build.desk(folder, folder / "state" / "limits.toml"), draft_for(folder)
    gun = look_at_gun(build.PORT)
    ready = prepare(draft, gun, desk, gun.at)
    assert sorted(one.rule for one in ready.early) == rules, "before any question"
    draft = build.healthy(ready, draft)
    found = look(ready, draft, gun.at)
    assert sorted(one.rule for one in found.violations) == rules
    write(ready, draft, desk)
    done = mesogun(*command(ready, draft, desk), "--plain")
    for one in found.violations:
        assert f"{'hard' if one.hard else 'soft'} {one.rule}: {one.message}" in done.err
    for note in found.notes:
        assert f"note: {note}" in done.err
    assert done.code == (5 if rules else 0), done.err
    assert not any(one.hard and one.rule.endswith("high") and "; plan " not in one.message for one in found.violations)


def test_a_reason_a_step_and_a_lot_reach_the_record(mesogun: Command) -> None:
    soft(mesogun)
    folder = mesogun.folder
    desk, gun = build.desk(folder, folder / "state" / "limits.toml"), look_at_gun(build.PORT)
    said = {"steps": {"clean": "soap"}, "supplies": {"lot": "L1", "expiry": "2026-06"}, "parts": ("needle:A1",)}
    draft = draft_for(folder, reasons={"treatment_ml.soft_high": "seen"}, **said)
    ready = prepare(draft, gun, desk, gun.at)
    draft = build.healthy(ready, draft)
    assert look(ready, draft, gun.at).violations == ()
    check_supplies(ready, draft, desk, gun.at)
    write(ready, draft, desk)
    done = mesogun(*command(ready, draft, desk), "--plain")
    assert done.code == 0, done.err
    shown = mesogun("journal", "show", "--json").out
    for told in ('"why":"seen"', '"note":"soap"', '"lot":"L1"', '"serial":"A1"'):
        assert told in shown.replace(": ", ":"), told
    with pytest.raises(Refused, match="A1 was used 1 times"):
        check_supplies(ready, draft, desk, gun.at)
    with pytest.raises(InputError, match="kind and what is printed"):
        check_supplies(ready, replace(draft, parts=("needle",)), desk, gun.at)


def test_a_real_gun_gets_the_practitioners_numbers_and_no_demonstration(mesogun: Command) -> None:
    folder, gun = mesogun.folder, build.clinical_gun()
    draft = draft_for(folder)
    protocol = build.short_protocol(folder, spacing_mm='spacing_mm = { demand = "Nobody says." }')
    desk = build.desk(folder)
    with pytest.raises(Refused, match="nobody is at the keyboard"):
        prepare(draft, gun, desk, gun.at)
    ada = build.practitioner(here=False)
    assert practitioners() == ((ada.reference, "Ada"),)
    draft = replace(draft, who=ada.reference)
    item, _ = with_numbers(draft, gun, desk, ada.reference)
    assert item.demanded == ("shot.spacing_mm",)
    draft = replace(draft, values={"shot.spacing_mm": 5.0, "shot.volume_ul": 18.0})
    told = dict(numbers_of(draft, gun, desk))
    assert told["shot.spacing_mm"] == f"5  ({ada.reference})"
    assert told["shot.volume_ul"] == f"18  ({ada.reference}), of 10 to 50  (dosingpdf-faq)"
    ready = prepare(draft, gun, desk, gun.at)
    assert [one.rule for one in ready.early] == ["protocol.approval"]
    assert "mesogun protocol approve" in ready.early[0].message
    words = command(ready, draft, desk)
    assert not {"--demo-values", "--yes"} & set(words)
    assert f"--operator {ada.reference}" in shlex.join(words)
    write(ready, draft, desk)
    values = Path(words[words.index("--values") + 1])
    planned = mesogun("plan", str(protocol), "--area", draft.area, "--values", str(values))
    assert planned.code == 0, planned.err


def test_an_approved_protocol_clears_on_a_real_gun(mesogun: Command) -> None:
    folder, gun = mesogun.folder, build.clinical_gun()
    operators = Home.open().operators
    ada = operators.add("Ada", Role.PRACTITIONER, passphrase=PHRASE)
    operators.use(ada.reference)
    draft = draft_for(folder, values={"shot.spacing_mm": 5.0, "shot.volume_ul": 18.0, "shot.depth_mm": 1.5})
    desk = build.desk(folder)
    item, _ = with_numbers(draft, gun, desk, ada.reference)
    given = approval(item, ada, "read it", gun.at.date(), withdrawn=False, passphrase=PHRASE)
    with journal_at(Home.open(), str(desk.journal), RealClock()) as journal:
        journal.append([given], treatment="", epoch=None)
    ready = prepare(draft, gun, desk, gun.at)
    draft = build.healthy(ready, draft)
    assert look(ready, draft, gun.at).violations == ()
    assert "--sign" in command(ready, draft, desk, sign=True)


def test_small_helpers_say_what_would_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert as_path("~/a b.svg") == str(tmp_path / "a b.svg")
    assert as_path("'/x y.svg'") == "/x y.svg"
    with pytest.raises(InputError, match="nobody of that name"):
        as_path("~nobody-of-that-name/x")
    with pytest.raises(Refused, match="cannot meter"):
        schools_of(Draft("face-needle-free"))
    assert schools_of(Draft("face-fine-lines-nappage")) == ("french", "english")
    gun = look_at_gun(build.PORT)
    stamp = with_numbers(Draft("body-cellulite-stamp"), gun, build.desk(tmp_path), "op-1")[0]
    assert heads_for(stamp, gun) == ("single",)
    mesolift = with_numbers(Draft("face-mesolift"), gun, build.desk(tmp_path), "op-1")[0]
    assert heads_for(mesolift, gun) == ()
