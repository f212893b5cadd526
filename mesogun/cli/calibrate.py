"""``mesogun calibrate``: volume, a quick check, depth, certificates, a gun's history and service log.

Not responsible for any of the work (``mesogun.calibration``, ``mesogun.report``).
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click

from mesogun.cli import people, places
from mesogun.cli.kinds import PLACE
from mesogun.clock import RealClock
from mesogun.errors import CalibrationFailed, InputError

PORT = click.option("--port", envvar="MESOGUN_PORT", help="Where the gun is: /dev/ttyACM0, COM5, sim://standard, ...")
BALANCE = click.option("--balance", help="The balance: a port, sbi+PORT, simbalance://?world=NAME, manual, csv:FILE.")
SCRIPT = click.option("--script", "script_file", type=PLACE, help="TOML file with everything decided beforehand.")
RESUME = click.option("--resume", "run", metavar="RUN", help="Go on with a run that stopped.")
JOURNAL = click.option("--journal", "url", help="File or URL of the journal.")
WHO = click.option("--operator", "who", help="The technician; default: mesogun operator use.")
OUT = click.option("--out", type=PLACE, help="Folder for certificate and label.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a step; the last one is the summary.")
GUIDED = click.option("--guided/--headless", default=None, help="Ask a person, or take the script's word.")
STATION = "calibration"


@click.group()
def calibrate() -> None:
    """Calibrate a gun's volume and depth; certificates and history."""


@calibrate.command()
@PORT
@BALANCE
@SCRIPT
@RESUME
@GUIDED
@JOURNAL
@WHO
@OUT
@people.PASSPHRASE_STDIN
@JSON
def volume(
    port: str | None,
    balance: str | None,
    script_file: Path | None,
    run: str | None,
    guided: bool | None,
    url: str | None,
    who: str | None,
    out: Path | None,
    passphrase_stdin: bool,
    as_json: bool,
) -> int:
    """Weigh what the gun gives, correct it, weigh again, and write the certificate."""
    return _weigh(
        "volume",
        port,
        balance,
        script_file,
        run,
        guided,
        url,
        who,
        out,
        passphrase_stdin=passphrase_stdin,
        as_json=as_json,
    )


@calibrate.command()
@PORT
@BALANCE
@SCRIPT
@RESUME
@GUIDED
@JOURNAL
@WHO
@JSON
def check(
    port: str | None,
    balance: str | None,
    script_file: Path | None,
    run: str | None,
    guided: bool | None,
    url: str | None,
    who: str | None,
    as_json: bool,
) -> int:
    """Two volumes, six weighings each: does the gun still hold its limits? Nothing is written into the gun."""
    return _weigh(
        "check", port, balance, script_file, run, guided, url, who, None, passphrase_stdin=False, as_json=as_json
    )


def _weigh(
    what: str,
    port: str | None,
    balance: str | None,
    script_file: Path | None,
    run: str | None,
    guided: bool | None,
    url: str | None,
    who: str | None,
    out: Path | None,
    *,
    passphrase_stdin: bool,
    as_json: bool,
) -> int:
    from mesogun.calibration.runner import Calibrator
    from mesogun.calibration.state import fold_run
    from mesogun.cli import calibrating
    from mesogun.gun import connect
    from mesogun.identity import Action, Home
    from mesogun.journal import journal_at
    from mesogun.report.certificate import write_certificate

    if port is None or balance is None:
        raise InputError("name the gun with --port and the balance with --balance (a port, manual, or csv:FILE)")
    if (script_file is None) == (run is None):
        raise InputError("give --script FILE for a new calibration, or --resume RUN to go on with one")
    script = calibrating.read_script(script_file) if script_file is not None else None
    with ExitStack() as stack:
        gun = stack.enter_context(connect(port, keys=people.gun_keys()))
        kind = people.gun_kind(gun)
        technician = calibrating.technician(who, kind)
        technician.require(Action.CALIBRATE)
        with_person = calibrating.guided_by(guided, kind)
        signer = calibrating.signer_for(technician, piped=passphrase_stdin) if what == "volume" else None
        record = stack.enter_context(journal_at(Home.open(), places.journal_url(url), gun.clock))
        if run is not None:
            script = fold_run(row.event for row in record.rows(run)).script
        if script is None:
            raise InputError(f"this journal holds no volume calibration {run}; mesogun calibrate history names them")
        terminal = sys.stdin.isatty() and sys.stderr.isatty()
        screen = calibrating.screen_for(script) if with_person and terminal and not as_json else None
        source = calibrating.balance_at(balance, gun, screen.ask if screen is not None else None)
        stack.callback(source.close)
        bench = screen or (calibrating.Guided if with_person else calibrating.Headless)(script, as_json=as_json)
        name = run or calibrating.new_run()
        calibrator = Calibrator(
            gun=gun, balance=source, how=balance, journal=record, run=name, bench=bench, operator=technician,
            station=STATION,
        )  # fmt: skip
        failed: CalibrationFailed | None = None
        carry_out = partial(calibrator.run, script if run is None else None, what)
        try:
            if screen is not None:
                from tui import look, run_workbench

                title = f"calibrate {what}   run {name}"
                run_workbench(screen, carry_out, title=title, settings=look(places.look_file()))
            else:
                carry_out()
        except CalibrationFailed as error:
            if calibrator.state.ended is None:
                raise
            failed = error
        except BaseException:
            if calibrator.state.started is not None:
                click.echo(f"stopped; go on with: mesogun calibrate {what} --resume {name}", err=True)
            raise
        from mesogun.calibration.results import results

        told = calibrating.summary(name, calibrator.state, results(calibrator.state))
        if signer is not None:
            day = gun.clock.utc().date().isoformat()
            issued = calibrating.issue(record, name, technician, day, signer=signer[0], signed_by=signer[1])
            page, label = write_certificate(record, name, places.reports_folder(out))
            told |= {
                "certificate": issued.number,
                "page": str(page),
                "label": str(label),
                "page_sha256": calibrating.sha256_of(page),
                "content_sha256": issued.content_sha256,
            }
    click.echo(json.dumps(told) if as_json else calibrating.table(told))
    if "page" in told and not as_json:
        click.echo(f"  certificate {told['certificate']}: {told['page']}\n  label: {told['label']}")
    if failed is not None:
        raise failed
    return 0 if told["conforms"] else CalibrationFailed.exit_code


@calibrate.command()
@PORT
@SCRIPT
@click.option("--readings", type=PLACE, help="CSV file: setting_mm,measured_mm,direction, in the order of the script.")
@RESUME
@GUIDED
@JOURNAL
@WHO
@OUT
@people.PASSPHRASE_STDIN
@JSON
def depth(
    port: str | None,
    script_file: Path | None,
    readings: Path | None,
    run: str | None,
    guided: bool | None,
    url: str | None,
    who: str | None,
    out: Path | None,
    passphrase_stdin: bool,
    as_json: bool,
) -> int:
    """Compare needle stick-out with the setting, in both directions, and write the line into the gun."""
    from mesogun.calibration.depth_run import DepthCalibrator
    from mesogun.cli import calibrating, gauging
    from mesogun.gun import connect
    from mesogun.identity import Action, Home
    from mesogun.journal import journal_at
    from mesogun.report.certificate import write_certificate

    if port is None:
        raise InputError("name the gun with --port")
    if (script_file is None) == (run is None):
        raise InputError("give --script FILE for a new calibration, or --resume RUN to go on with one")
    text = calibrating.text_of(script_file) if script_file is not None else None
    with ExitStack() as stack:
        gun = stack.enter_context(connect(port, keys=people.gun_keys()))
        technician = calibrating.technician(who, people.gun_kind(gun))
        technician.require(Action.CALIBRATE)
        signer, signed_by = calibrating.signer_for(technician, piped=passphrase_stdin)
        record = stack.enter_context(journal_at(Home.open(), places.journal_url(url), gun.clock))
        name = run or calibrating.new_run()
        ask, screen = gauging.reader(name, readings, lambda: calibrator.state, guided=guided, as_json=as_json)
        calibrator = DepthCalibrator(gun=gun, journal=record, run=name, ask=ask, operator=technician, station=STATION)
        try:
            if screen is not None:
                from tui import look, run_workbench

                carry_out = partial(calibrator.run, text)
                title = f"calibrate depth   run {name}"
                script, fit = run_workbench(screen, carry_out, title=title, settings=look(places.look_file()))
            else:
                script, fit = calibrator.run(text)
        except BaseException:
            if calibrator.state.ended is None and calibrator.state.started is not None:
                click.echo(f"stopped; go on with: mesogun calibrate depth --resume {name}", err=True)
            raise
        day = gun.clock.utc().date().isoformat()
        issued = calibrating.issue(record, name, technician, day, signer=signer, signed_by=signed_by)
        page, label = write_certificate(record, name, places.reports_folder(out))
    told = {
        "run": name,
        "needle": script.needle,
        "offset_mm": round(fit.offset_mm, 4),
        "gain": round(fit.gain, 5),
        "backlash_mm": round(fit.backlash_mm, 4),
        "backlash_uncertainty_mm": round(fit.expanded_backlash_uncertainty_mm(), 4),
        "certificate": issued.number,
        "page": str(page),
        "label": str(label),
        "page_sha256": calibrating.sha256_of(page),
    }
    if as_json:
        click.echo(json.dumps(told))
    else:
        click.echo(
            f"needle {script.needle}: offset {fit.offset_mm:+.3f} mm, gain {fit.gain:.4f}, backlash "
            f"{fit.backlash_mm:+.3f} mm\n  certificate {issued.number}: {page}\n  label: {label}"
        )
    return 0


@calibrate.command()
@click.argument("run")
@click.option("--number", help="Which certificate of the run; default: the newest.")
@JOURNAL
@OUT
@click.option("--pdf", is_flag=True, help="Print it to PDF as well, with a Chromium or Chrome on this computer.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: what the certificate says.")
def certificate(run: str, number: str | None, url: str | None, out: Path | None, pdf: bool, as_json: bool) -> None:
    """Write the certificate of RUN again, byte for byte, from the journal."""
    from mesogun.calibration.certificate import content_of
    from mesogun.cli.calibrating import sha256_of
    from mesogun.journal import open_journal
    from mesogun.report.certificate import issued_rows, write_certificate

    with open_journal(places.journal_url(url), RealClock(), create=False, read_only=True) as record:
        page, label = write_certificate(record, run, places.reports_folder(out), number)
        rows, issued = issued_rows(tuple(record.rows(run)), number)
        content = content_of(rows)
    if pdf:
        from mesogun.report.pdf import print_pdf

        click.echo(f"printed: {print_pdf(page)}", err=True)
    if as_json:
        told = {"certificate": issued.number, "page": str(page), "label": str(label), "page_sha256": sha256_of(page)}
        click.echo(json.dumps(told | {"content": content, "issued": asdict(issued)}, ensure_ascii=False))
    else:
        click.echo(f"{page}\n{label}")


@calibrate.command()
@click.argument("gun", required=False)
@JOURNAL
@click.option("--out", type=PLACE, help="Also write the control chart of GUN there, as one HTML page.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def history(gun: str | None, url: str | None, out: Path | None, as_json: bool) -> None:
    """Every calibration of a gun, its drift, and its service log; of all guns without GUN (its 16 hex digits)."""
    from mesogun.calibration.history import drifts, histories
    from mesogun.journal import Filter, open_journal
    from mesogun.record.calibration_events import KIND_NAMES

    with open_journal(places.journal_url(url), RealClock(), create=False, read_only=True) as record:
        found = histories(record.rows(chosen=Filter(kinds=KIND_NAMES)))
    if gun is not None and gun not in found:
        raise InputError(f"this journal holds no calibration of gun {gun}; known: {', '.join(found) or 'none'}")
    chosen = [item for name, item in found.items() if gun in (None, name)]
    if as_json:
        told = [{**asdict(item), "drift": [asdict(drift) for drift in drifts(item)]} for item in chosen]
        click.echo(json.dumps({"guns": told}, default=str))
        return
    if not chosen:
        click.echo("no calibration is on record here; mesogun calibrate volume makes one", err=True)
    for item in chosen:
        click.echo(f"gun {item.gun}")
        for run in item.runs:
            errors = ", ".join(
                f"{one.set_ul:g} µL {one.as_found_pct:+.2f} %"
                + (f" -> {one.as_left_pct:+.2f} %" if one.as_left_pct is not None else "")
                for one in run.found
            )
            click.echo(f"  {run.day}  {run.what:<7} {run.run}  {run.ended}  {', '.join(run.certificates)}  {errors}")
        for entry in item.service:
            click.echo(f"  {entry.day}  service {entry.what}: {entry.part} {entry.note}".rstrip())
        for drift in drifts(item):
            when = f"may leave its limit from {drift.leaves_on}" if drift.leaves_on else "no end within ten years"
            click.echo(
                f"  drift at {drift.set_ul:g} µL: {drift.per_year_pct:+.2f} ± {drift.u_per_year_pct:.2f} % a year, "
                f"{when} (information, no recommendation)"
            )
    if out is not None:
        from mesogun.report.certificate import write_history

        if gun is None:
            raise InputError("--out draws one gun; name it")
        click.echo(str(write_history(chosen[0], places.reports_folder(out))))


@calibrate.command()
@click.argument("gun")
@click.option("--what", help="What was done: part changed, firmware, repair, cleaning, inspection.")
@click.option("--part", default="", help="Which part, with its number.")
@click.option("--note", default="", help="Anything else; no names.")
@JOURNAL
@WHO
def service(gun: str, what: str | None, part: str, note: str, url: str | None, who: str | None) -> None:
    """Log that something was done to GUN (its 16 hex digits); without --what, show the log."""
    from mesogun.calibration.history import histories
    from mesogun.identity import Action, Home
    from mesogun.journal import Filter, journal_at
    from mesogun.record.calibration_events import KIND_NAMES, ServiceLogged

    if len(gun) != 16 or any(digit not in "0123456789abcdef" for digit in gun):
        raise InputError(f"{gun!r} is no gun; it is named by 16 hex digits, as mesogun gun info shows them")
    clock = RealClock()
    with journal_at(Home.open(), places.journal_url(url), clock) as record:
        if what is not None:
            if not what.strip():
                raise InputError("say what was done with --what")
            technician = people.operator_for(who, simulated_only=False)
            technician.require(Action.CALIBRATE)
            today: date = clock.utc().date()
            entry = ServiceLogged(
                gun, what.strip(), part.strip(), note.strip(), today.isoformat(), technician.reference
            )
            record.append([entry], treatment=f"service-{gun}", epoch=None)
        found: Any = histories(record.rows(chosen=Filter(kinds=KIND_NAMES))).get(gun)
    for item in found.service if found is not None else ():
        click.echo(f"{item.day}  {item.what}: {item.part} {item.note}  ({item.operator})")
