"""What a certificate says, as plain values made from the rows of a run alone: same rows, same content, same hash.

After ISO/IEC 17025:2017, 7.8 (reports of results): title, laboratory, place, unique number, customer, method, item and
its condition, dates, conditions, results with units and expanded uncertainty, traceability, results before and after
adjustment, decision rule, who authorised it, and that it speaks of this item only. Numbers are rounded here once, so
that the page only prints them.

Not responsible for how it looks (``mesogun.report.certificate``) or for signing keys (``mesogun.identity``).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any

from mesogun.calibration.conformity import Rule
from mesogun.calibration.correction import Correction
from mesogun.calibration.outliers import SIGNIFICANCE as OUTLIER_SIGNIFICANCE
from mesogun.calibration.procedure import GATES
from mesogun.calibration.results import Mean, Results, Weight, environment_inputs, results
from mesogun.calibration.state import CalibrationState, day_text, fold_calibration, fold_run
from mesogun.calibration.steps import Phase
from mesogun.calibration.zfactor import VALID, Environment, z_ul_per_mg
from mesogun.clock import timestamp
from mesogun.errors import InputError
from mesogun.gun.calibration import PPM, Block
from mesogun.journal import Row
from mesogun.record import calibration_events as ce
from mesogun.record import overrun_bound_nl

Content = dict[str, Any]

ONLY_THIS = (
    "The results relate only to the item named here, in the condition in which it was received and with the syringe "
    "and needle named here. The certificate may be reproduced only in full."
)
NOT_ACCREDITED = (
    "Made with mesogun, research and engineering software. It is no accredited calibration and no medical device; "
    "whoever signs answers for it."
)
WATER_ONLY = "Volumes are of pure water at 20 °C. With another fluid the gun may give another volume."


def content(rows: Sequence[Row]) -> Content:
    """The content of the certificate over ``rows``, all of one run, up to and including its last one.

    Raises
    ------
    InputError
        If the run is not over, or too little was measured to certify anything.
    """
    events = [row.event for row in rows if not isinstance(row.event, ce.CertificateIssued)]
    state = fold_run(events)
    started = state.started
    if started is None or state.ended is None:
        raise InputError("a certificate is written about a run that has ended; go on with it first")
    if state.script is None:
        raise InputError("a certificate of volume needs a volume calibration")
    if started.what == "check":
        raise InputError("a quick check issues no certificate; run mesogun calibrate volume")
    final = results(state)
    decided = _at_decision(events)
    script = state.script
    head = script.head
    begun, ended = rows[0].at, next(row.at for row in rows if isinstance(row.event, ce.CalibrationEnded))
    numbered = {step.number: step for step in state.steps}
    return {
        "kind": "volume",
        "title": "Certificate of calibration: dispensed volume",
        "laboratory": head.laboratory,
        "address": head.address,
        "location": head.location,
        "customer": head.customer,
        "customer_address": head.customer_address,
        "method": head.method,
        "item": _item(state),
        "begun": begun,
        "ended": ended,
        "outcome": {"how": state.ended.how, "why": state.ended.why},
        "operator": started.operator,
        "station": started.station,
        "software": started.software,
        "script_sha256": started.script_sha256,
        "simulated": started.gun_kind == "simulated",
        "equipment": _equipment(state),
        "environment": [
            [item.when, item.water_c, item.air_c, item.pressure_kpa, item.humidity_pct] for item in state.environments
        ],
        "environment_uncertainty": [
            [item.name, f"{item.value:.4g}", f"{item.standard_uncertainty:.2g}", item.unit]
            for item in environment_inputs(state)
        ],
        "z": _z(state),
        "z_range": [[name, low, high, unit] for name, (low, high, unit, _) in VALID.items()],
        "evaporation": {
            "how": final.loss.how,
            "rate_ug_per_s": f"{final.loss.rate_ug_per_s:.2f}",
            "u_ug_per_s": f"{final.loss.standard_uncertainty_ug_per_s:.2f}",
        },
        "group": script.series.group,
        "outliers": _outlier_policy(script.series.outliers),
        "gates": GATES,
        "as_found": [_mean(mean) for mean in final.of(Phase.AS_FOUND)],
        "as_left": [_mean(mean) for mean in final.of(Phase.AS_LEFT)],
        "outside_bound": _outside_bound(state, final),
        "correction": _correction(decided.correction, decided.why_not) if decided is not None else None,
        "residuals": [
            [
                round(item.step.set_nl / 1000, 3),
                round(item.volume_ul - item.step.set_nl / 1000.0, 4),
                item.step.phase.value,
            ]
            for item in final.weights
            if item.step.series == "main" and not item.excluded
        ],
        "fit_residuals": _fit_residuals(decided),
        "behaviour": [
            [
                item.series,
                f"{item.set_ul:g}",
                len(item.volumes_ul),
                f"{item.mean_ul:.3f}",
                f"{item.difference_ul:+.3f}",
                f"{item.expanded_uncertainty_ul:.3f}",
                "differs" if item.significant else "no difference seen",
            ]
            for item in final.behaviour
        ],
        "trumpet": [[mouth.shots, round(mouth.least_pct, 3), round(mouth.largest_pct, 3)] for mouth in final.trumpet],
        "start_up": [round(value, 3) for value in final.start_up.errors_pct] if final.start_up else [],
        "not_measured": _not_measured(state),
        "in_force": _block(state),
        "budgets": [_budget(mean) for phase in (Phase.AS_FOUND, Phase.AS_LEFT) for mean in final.of(phase)],
        "raw": [_raw(item, numbered[item.measured.step].name) for item in final.weights],
        "blanks": _blanks(state),
        "voided": [[item.step, numbered[item.step].name, item.why] for item in state.voided],
        "resumed": state.resumed,
        "rule": (Rule.GUARDED if script.acceptance.rule == "guarded" else Rule.SIMPLE).value,
        "limits_source": script.acceptance.source,
        "interval_agreed_with": head.interval_agreed_with,
        "minutes": {"estimated": f"{started.estimated_s / 60:.0f}", "measured": state.ended.minutes},
        "statements": [ONLY_THIS, WATER_ONLY, NOT_ACCREDITED],
        "rows": {"first": rows[0].seq, "last_hash": rows[len(events) - 1].hash if events else ""},
    }


def content_of(rows: Sequence[Row]) -> Content:
    """The content for whatever the run was about; raises what :func:`content` raises."""
    started = fold_run(row.event for row in rows).started
    if started is not None and started.what == "depth":
        from mesogun.calibration.certificate_depth import depth_content

        return depth_content(rows)
    return content(rows)


def digest(found: Content) -> str:
    """The hash of a content: SHA-256 of its canonical text."""
    text = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def message(number: str, content_sha256: str, operator: str, day: str) -> bytes:
    """What is signed: this number over this content, by whom and when."""
    return "\0".join(("mesogun certificate 1", number, content_sha256, operator, day)).encode()


def number_for(run: str, earlier: int) -> str:
    """The number of the next certificate of a run: unique, because runs are."""
    return f"MC-{run.removeprefix('cal-')}-{earlier + 1}"


def _at_decision(events: Sequence[object]) -> Results | None:
    """The results as they were when the correction was chosen; ``None`` where none was sought."""
    state = CalibrationState()
    for event in events:
        if isinstance(event, ce.CalibrationWriting | ce.CalibrationEnded):
            break
        state = fold_calibration(state, event)  # type: ignore[arg-type]
    if state.script is None or not any(item.phase is Phase.AS_FOUND for item in state.steps):
        return None
    return results(state)


def _item(state: CalibrationState) -> Content:
    started = state.started
    script = state.script
    if started is None or script is None:
        raise InputError("nothing was begun")
    return {
        "what": "mesogun (motor-driven injector)",
        "model": started.model,
        "serial": started.serial,
        "device_id": started.gun,
        "memory": started.memory,
        "kind": started.gun_kind,
        "firmware": started.firmware,
        "syringe": f"{script.head.syringe} ({started.syringe_nl / 1e6:g} mL)",
        "needle": f"{script.head.needle} ({started.needles})",
        "condition": script.head.item_condition,
        "calibration_before": started.calibration,
    }


def _equipment(state: CalibrationState) -> list[list[str]]:
    script = state.script
    if script is None:
        return []
    head = script.head
    seen = dict.fromkeys(
        ", ".join(
            part for part in (item.model, f"no. {item.serial}" if item.serial else "", item.software, item.how) if part
        )
        for item in state.balances
    )
    return [
        *(["Balance", name, head.balance_certificate] for name in seen),
        ["Weights of the balance", "", head.weights],
        ["Water", head.water, ""],
        ["Thermometer", "", head.thermometer],
        ["Barometer", "", head.barometer],
    ]


def _z(state: CalibrationState) -> str:
    values = {item.name: item.value for item in environment_inputs(state)}
    return f"{z_ul_per_mg(Environment(**values)):.5f}"


def _outlier_policy(policy: str) -> str:
    if policy == "none":
        return "No weighing that passed the gates was left out."
    return (
        f"At most one weighing of each volume is left out, if Grubbs' two-sided test says so at "
        f"{OUTLIER_SIGNIFICANCE:g} (Technometrics 11:1, 1969); it stays in the table below, marked."
    )


def _mean(mean: Mean) -> Content:
    found = mean.budget
    u = found.expanded_uncertainty()
    return {
        "set_ul": f"{mean.set_ul:g}",
        "mean_ul": f"{found.value:.3f}",
        "error_ul": f"{mean.error_ul:+.3f}",
        "error_pct": f"{mean.error_pct:+.2f}",
        "expanded_ul": f"{rounded_up(u):.3f}",
        "expanded_pct": f"{100.0 * rounded_up(u) / mean.set_ul:.2f}",
        "k": f"{found.coverage_factor():.2f}",
        "dof": "∞" if math.isinf(found.effective_degrees_of_freedom) else str(int(found.effective_degrees_of_freedom)),
        "spread_ul": f"{mean.spread_ul:.3f}",
        "cv_pct": f"{100.0 * mean.spread_ul / mean.set_ul:.2f}",
        "count": mean.count,
        "limit_systematic_ul": f"{mean.limit_systematic_ul:.3f}",
        "limit_random_ul": f"{mean.limit_random_ul:.3f}",
        "systematic": mean.systematic.value,
        "random": mean.random.value,
    }


def rounded_up(value: float) -> float:
    """An uncertainty is rounded up, never down."""
    return math.ceil(value * 1000.0 - 1e-9) / 1000.0


def _outside_bound(state: CalibrationState, final: Results) -> list[str]:
    """Settings at which the gun, as found, gave more off than the bound that it stated to every host."""
    gun = state.gun
    if gun is None:
        return []
    return [
        f"{mean.set_ul:g} µL: {mean.error_ul:+.3f} µL, stated bound {bound_nl / 1000:.3f} µL"
        for mean in final.of(Phase.AS_FOUND)
        if abs(mean.error_ul) * 1000.0
        > (bound_nl := overrun_bound_nl(round(mean.set_ul * 1000), gun.overrun_nl, gun.overrun_ppm))
    ]


def _correction(found: Correction | None, why_not: str) -> Content:
    if found is None:
        return {"model": "none", "why_not": why_not}
    return {
        "model": found.model.value,
        "offset_ul": f"{found.offset_ul:+.4f}",
        "gain": f"{found.gain:.5f}",
        "u_offset_ul": f"{math.sqrt(max(0.0, found.covariance[0][0])):.4f}",
        "u_gain": f"{math.sqrt(max(0.0, found.covariance[1][1])):.5f}",
        "dof": found.degrees_of_freedom,
        "residual_ul": f"{found.residual_spread_ul:.4f}",
        "range_ul": f"{found.low_ul:g} to {found.high_ul:g}",
        "tests": [[test.question, f"{test.f:.2f}", f"{test.p:.3g}"] for test in found.tests],
        "why_not": "",
    }


def _fit_residuals(decided: Results | None) -> list[list[float]]:
    if decided is None or decided.correction is None:
        return []
    shots = [
        item.step.set_nl / 1000.0
        for item in decided.weights
        if item.step.phase is Phase.AS_FOUND and item.step.series == "main" and not item.excluded
    ]
    return [
        [round(set_ul, 3), round(residual, 4)]
        for set_ul, residual in zip(shots, decided.correction.residuals_ul, strict=True)
    ]


def _not_measured(state: CalibrationState) -> list[str]:
    series = state.script.series if state.script is not None else None
    if series is None:
        return []
    asked = (
        ("first shots after a rest", series.start_up),
        ("shots after a reversal of the screw", series.after_reversal),
        ("last shots before empty", series.last_before_empty),
        ("rate of shots", series.rate_replicates and len(series.rates_per_min)),
        ("single needles of the head", series.per_needle),
    )
    heads = state.started is not None and state.started.needles > 1
    return [name for name, count in asked if not count and (name != "single needles of the head" or heads)]


def _block(state: CalibrationState) -> Content | None:
    if not state.written_blocks:
        return None
    last = state.written_blocks[-1]
    block = Block.from_bytes(bytes.fromhex(last.new))
    return {
        "calibration": last.calibration,
        "before": state.written_blocks[0].old_calibration,
        "offset_nl": block.offset_nl,
        "gain": f"{1.0 + block.gain_ppm / PPM:.6f}",
        "range_ul": f"{block.low_nl / 1000:g} to {block.high_nl / 1000:g}",
        "made": day_text(block.made_day),
        "due": day_text(block.due_day),
        "confirmed": block.confirmed,
        "bytes": last.new,
    }


def _budget(mean: Mean) -> Content:
    return {
        "phase": mean.phase.value,
        "set_ul": f"{mean.set_ul:g}",
        "u_ul": f"{mean.budget.combined_standard_uncertainty:.5f}",
        "lines": [
            [
                line.input.name,
                f"{line.input.value:.6g}",
                f"{line.input.standard_uncertainty:.3g}",
                line.input.unit,
                line.input.shape.value,
                "∞" if math.isinf(line.input.degrees_of_freedom) else f"{line.input.degrees_of_freedom:.0f}",
                f"{line.sensitivity:.4g}",
                f"{line.contribution:.5f}",
                line.input.source,
            ]
            for line in mean.budget.lines
        ],
    }


def _raw(item: Weight, name: str) -> Content:
    measured = item.measured
    return {
        "step": measured.step,
        "name": name,
        "at": _time(measured.after.at_ms),
        "before_mg": measured.before.mass_mg,
        "after_mg": measured.after.mass_mg,
        "seconds": f"{measured.duration_s:.1f}",
        "mass_mg": f"{item.mass_mg:.4f}",
        "volume_ul": f"{item.volume_ul:.4f}",
        "shots": [shot.shot_no for shot in measured.shots],
        "drift": [[one.at_ms, one.mass_mg] for one in (*measured.ahead, *measured.behind)],
        "excluded": item.excluded,
    }


def _blanks(state: CalibrationState) -> list[list[str]]:
    shot = {step.number for step in state.steps if step.set_nl}
    return [
        [_time(item.after.at_ms), item.before.mass_mg, item.after.mass_mg, f"{item.duration_s:.1f}"]
        for item in state.measured
        if item.step not in shot
    ]


def _time(at_ms: int) -> str:
    from datetime import UTC, datetime

    return timestamp(datetime.fromtimestamp(at_ms / 1000.0, UTC))
