"""What the calibration commands share: the technician, the bench on a terminal, the issue of a certificate.

Not responsible for the commands (``calibrate``) or for calibrating (``mesogun.calibration``).
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesogun.calibration import certificate as made
from mesogun.calibration.balance import open_balance
from mesogun.calibration.balance_by_hand import CsvBalance, ManualBalance
from mesogun.calibration.bench import Progress
from mesogun.calibration.results import Mean, Results
from mesogun.calibration.script import Script, parse
from mesogun.calibration.state import KEY, CalibrationState, fold_run
from mesogun.calibration.steps import Phase, Step
from mesogun.calibration.weighing import Reading, ReadingSource
from mesogun.cli import people
from mesogun.errors import InputError, Refused
from mesogun.gun import Gun
from mesogun.identity import Home, Operator, Role, Signer
from mesogun.journal import Journal
from mesogun.record.calibration_events import CertificateIssued
from mesogun.wire.codes import State
from mesogun.wire.messages import Status

if TYPE_CHECKING:
    from tui import TechnicianFront

ENVIRONMENT = ("water °C", "air °C", "pressure kPa", "humidity %")
QUIET_US = 700_000
"""After so long without news, by the gun's clock, a line as a sign of life."""
DEMO_TECHNICIAN = Operator("op-demo-tech", Role.TECHNICIAN, "Demonstration")


def technician(who: str | None, gun_kind: str) -> Operator:
    """Who calibrates: named, else at the keyboard, else a demonstration technician on a simulated gun."""
    operators = Home.open().operators
    if who is not None:
        return operators.get(who)
    current = operators.current()
    if current is not None:
        return current
    if gun_kind == "simulated":
        return DEMO_TECHNICIAN
    raise Refused(
        "nobody is at the keyboard: mesogun operator add NAME --role technician, then mesogun operator use NAME"
    )


def guided_by(guided: bool | None, gun_kind: str) -> bool:
    """Whether a person answers; a script stands for one on simulated guns, and on the bench with ``--headless``."""
    if guided is False and gun_kind == "clinical":
        raise Refused(
            "a script's word does not arm a gun that treats people: calibrate it with --guided, or switch it to bench "
            "mode for a run without a person"
        )
    if guided is not None:
        return guided
    if gun_kind == "simulated":
        return False
    if sys.stdin.isatty():
        return True
    raise Refused("nobody is at the terminal to read instruments and mount syringes: --guided, or --headless knowingly")


def read_script(path: Path) -> Script:
    """A script file; ``InputError`` in one line."""
    return parse(text_of(path), str(path))


def text_of(path: Path) -> str:
    """A file as text; ``InputError`` in one line."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def balance_at(where: str, gun: Gun, ask: Callable[[str], str] | None = None) -> ReadingSource:
    """``manual``, ``csv:FILE``, or a port; ``DIALECT+PORT`` where the balance does not speak MT-SICS.

    ``ask`` puts the questions of a balance that is typed by hand; by default they are asked on the terminal.
    """
    if where == "manual":
        if ask is not None:
            return ManualBalance(ask, now_us=gun.clock.monotonic_us)
        return Typed(_typed, now_us=gun.clock.monotonic_us)
    if where.startswith("csv:"):
        return CsvBalance(Path(where.removeprefix("csv:")))
    dialect, plus, port = where.partition("+")
    return open_balance(port, dialect=dialect) if plus and "/" not in dialect else open_balance(where)


def screen_for(script: Script) -> TechnicianFront:
    """A bench on the screen; it proposes the script's conditions."""
    from tui import TechnicianFront

    given = script.conditions
    values = (given.water_c, given.air_c, given.pressure_kpa, given.humidity_pct)
    return TechnicianFront(dict(zip(ENVIRONMENT, (f"{value:g}" for value in values), strict=True)))


def new_run() -> str:
    """A reference for a new run."""
    return KEY + secrets.token_hex(6)


class Typed(ManualBalance):
    """Weights typed at the terminal; what cannot be read is said and asked again."""

    def stable(self) -> Reading:
        """Ask until a weight comes, or the person gives up (Ctrl-C)."""
        while True:
            try:
                return super().stable()
            except InputError as error:
                click.echo(f"  {error}", err=True)


def _typed(question: str) -> str:
    return str(click.prompt(question, prompt_suffix="", err=True, default="", show_default=False))


class Headless:
    """A bench that a script answers for; the conditions are those of the script."""

    def __init__(self, script: Script, *, as_json: bool, quiet: bool = False) -> None:
        self._script = script
        self._as_json = as_json
        self._quiet = quiet
        self._progress: Progress | None = None
        self._state = ""
        self._written_us = 0

    def environment(self, step: Step) -> tuple[str, str, str, str]:
        """What the script says was read."""
        given = self._script.conditions
        values = (given.water_c, given.air_c, given.pressure_kpa, given.humidity_pct)
        water, air, pressure, humidity = (f"{value:g}" for value in values)
        return water, air, pressure, humidity

    def person(self, step: Step) -> bool:
        """Taken as done."""
        return True

    def confirm(self, what: str, text: str) -> bool:
        """The script's ``arm`` stands for the word to arm, never for a break, a fault or a contact."""
        return self._script.arm and what in {"arm", "syringe"}

    def shown(self, status: Status) -> bool:
        """Write what is due and flush; a reader who stops reading holds this up, and the gun disarms."""
        state = f"gun {State(status.state).name.lower()}, {status.magazine} loaded, {status.last_shot_no} shots fired"
        if state != self._state or status.gun_clock_us - self._written_us >= QUIET_US:
            self._state, self._written_us = state, status.gun_clock_us
            self._write_state(state)
        stream = sys.stdout if self._as_json else sys.stderr
        stream.flush()
        return True

    def _write_state(self, state: str) -> None:
        if self._as_json and self._progress is not None:
            click.echo(json.dumps({"progress": asdict(replace(self._progress, note=state))}))
        elif not self._as_json and not self._quiet:
            # on a terminal the line is written over: it is a sign of life, not news
            click.echo(f"      {state}", err=True, nl=not sys.stderr.isatty())
            if sys.stderr.isatty():
                click.echo("\r", err=True, nl=False)

    def told(self, line: str) -> None:
        """Nobody is there to be told."""

    def progress(self, progress: Progress) -> None:
        """One line for each step."""
        self._progress = progress
        if self._as_json:
            click.echo(json.dumps({"progress": asdict(progress)}))
        elif not self._quiet:
            click.echo(line_of(progress), err=True)


class Guided(Headless):
    """A bench with a person at the terminal."""

    def environment(self, step: Step) -> tuple[str, str, str, str]:
        """Ask for the four values, with the script's as proposals."""
        proposed = super().environment(step)
        answers = tuple(
            str(click.prompt(name, default=value, err=True)) for name, value in zip(ENVIRONMENT, proposed, strict=True)
        )
        water, air, pressure, humidity = answers
        return water, air, pressure, humidity

    def person(self, step: Step) -> bool:
        """Ask until it is done or given up."""
        return click.confirm(f"{step.name}. Done?", err=True, default=True)

    def confirm(self, what: str, text: str) -> bool:
        """Ask; Enter alone is no."""
        return click.confirm(text, err=True, default=False)

    def told(self, line: str) -> None:
        """Tell the person."""
        click.echo(f"  {line}", err=True)


def line_of(progress: Progress) -> str:
    """Progress as one line."""
    left = f"about {max(1, round(progress.left_s / 60))} min left"
    note = f"  [{progress.note}]" if progress.note else ""
    return f"{progress.step:>4}/{progress.steps}  {progress.name}  ({left}){note}"


def issue(
    record: Journal, run: str, operator: Operator, day: str, *, signer: Signer, signed_by: str
) -> CertificateIssued:
    """Sign the content of a run that has ended and commit the issue."""
    rows = tuple(record.rows(run))
    state = fold_run(row.event for row in rows)
    number = made.number_for(run, len(state.certificates))
    digest = made.digest(made.content_of(rows))
    signature = signer.sign(made.message(number, digest, operator.reference, day))
    issued = CertificateIssued(
        number, digest, day, operator.reference, signed_by, signer.public_key.hex(), signature.hex()
    )
    record.append([issued], treatment=run, epoch=None)
    return issued


def signer_for(operator: Operator, *, piped: bool) -> tuple[Signer, str]:
    """The operator's own key where a passphrase is given, else the station's."""
    home = Home.open()
    if piped:
        phrase = people.passphrase("Passphrase", piped=True)
        return home.operators.unlock(operator.reference, phrase), operator.reference
    return home.signing_key(), "this station"


def summary(run: str, state: CalibrationState, found: Results) -> dict[str, Any]:
    """What a run has found, for ``--json`` and for the table."""
    started, ended = state.started, state.ended
    return {
        "run": run,
        "gun": started.gun if started else "",
        "ended": ended.how if ended else "",
        "why": ended.why if ended else "",
        "conforms": found.conforms(Phase.AS_LEFT if found.of(Phase.AS_LEFT) else Phase.AS_FOUND),
        "as_found": [_mean(mean) for mean in found.of(Phase.AS_FOUND)],
        "as_left": [_mean(mean) for mean in found.of(Phase.AS_LEFT)],
        "model": found.correction.model.value if found.correction else None,
        "calibration": state.written_blocks[-1].calibration if state.written_blocks else None,
        "voided": len(state.voided),
        "minutes": {
            "estimated": round(started.estimated_s / 60, 1) if started else None,
            "measured": float(ended.minutes) if ended else None,
        },
    }


def _mean(mean: Mean) -> dict[str, Any]:
    return {
        "set_ul": mean.set_ul,
        "mean_ul": round(mean.budget.value, 4),
        "error_ul": round(mean.error_ul, 4),
        "error_pct": round(mean.error_pct, 3),
        "expanded_uncertainty_ul": round(mean.budget.expanded_uncertainty(), 4),
        "spread_ul": round(mean.spread_ul, 4),
        "count": mean.count,
        "systematic": mean.systematic.value,
        "random": mean.random.value,
    }


def table(told: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"run {told['run']} on gun {told['gun']}: {told['ended']} {told['why']}".rstrip()]
    for name in ("as_found", "as_left"):
        lines += [
            f"  {name.replace('_', ' '):<9} {mean['set_ul']:>6g} µL  error {mean['error_ul']:+.3f} ± "
            f"{mean['expanded_uncertainty_ul']:.3f} µL ({mean['error_pct']:+.2f} %), "
            f"spread {mean['spread_ul']:.3f} µL, {mean['systematic']}, {mean['random']}"
            for mean in told[name]
        ]
    minutes = told["minutes"]
    lines.append(f"  estimated {minutes['estimated']} min, took {minutes['measured']} min")
    return "\n".join(lines)


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
