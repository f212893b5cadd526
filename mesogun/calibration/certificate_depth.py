"""What a certificate of depth says; the rules are those of ``certificate``.

Not responsible for how it looks (``mesogun.report.certificate``).
"""

from __future__ import annotations

from collections.abc import Sequence

from mesogun.calibration.certificate import NOT_ACCREDITED, ONLY_THIS, Content, rounded_up
from mesogun.calibration.conformity import Rule, within
from mesogun.calibration.depth import fit_depth
from mesogun.calibration.depth_run import depth_budget, parse_depth, readings_of
from mesogun.calibration.state import day_text, fold_run
from mesogun.errors import CalibrationFailed, InputError
from mesogun.gun.calibration import PPM, Block
from mesogun.journal import Row
from mesogun.record import calibration_events as ce

STICK_OUT = (
    "Depth is the stick-out of the needle beyond the nose, at 90 degrees. Pressing on indents the skin, and a needle "
    "that is not upright reaches the sine of its angle (Micheels et al. 2016, J Drugs Dermatol 15:483). Another needle "
    "voids the zero."
)


def depth_content(rows: Sequence[Row]) -> Content:
    """The content of a depth certificate over the rows of one run that has ended.

    Raises
    ------
    InputError
        If the run is not over.
    """
    events = [row.event for row in rows if not isinstance(row.event, ce.CertificateIssued)]
    state = fold_run(events)
    started = state.started
    if started is None or state.ended is None:
        raise InputError("a certificate is written about a run that has ended; go on with it first")
    script = parse_depth(started.script, "the script in the journal")
    readings = readings_of(state)
    try:
        fit = fit_depth(readings, script.needle)
    except CalibrationFailed:
        fit = None
    settings = sorted({reading.setting_mm for reading in readings})
    results = []
    for setting_mm in settings if fit is not None else ():
        found = depth_budget(script, fit, setting_mm)  # type: ignore[arg-type]
        error, u = found.value - setting_mm, found.expanded_uncertainty()
        results.append(
            {
                "set_mm": f"{setting_mm:g}",
                "mean_mm": f"{found.value:.4f}",
                "error_mm": f"{error:+.4f}",
                "expanded_mm": f"{rounded_up(u):.3f}",
                "k": f"{found.coverage_factor():.2f}",
                "verdict": within(error, u, script.limit_mm, Rule.GUARDED).value,
            }
        )
    block = Block.from_bytes(bytes.fromhex(state.written_blocks[-1].new)) if state.written_blocks else None
    return {
        "kind": "depth",
        "title": "Certificate of calibration: needle depth",
        "laboratory": script.laboratory,
        "address": script.address,
        "location": script.location,
        "customer": script.customer,
        "customer_address": script.customer_address,
        "method": script.method,
        "item": {
            "what": "mesogun (motor-driven injector)",
            "model": started.model,
            "serial": started.serial,
            "device_id": started.gun,
            "kind": started.gun_kind,
            "firmware": started.firmware,
            "syringe": script.syringe,
            "needle": f"{script.needle} ({started.needles})",
            "condition": script.item_condition,
            "calibration_before": started.calibration,
        },
        "begun": rows[0].at,
        "ended": next(row.at for row in rows if isinstance(row.event, ce.CalibrationEnded)),
        "outcome": {"how": state.ended.how, "why": state.ended.why},
        "operator": started.operator,
        "station": started.station,
        "software": started.software,
        "script_sha256": started.script_sha256,
        "simulated": started.gun_kind == "simulated",
        "gauge": script.gauge,
        "sources": script.source,
        "results": results,
        "fit": None
        if fit is None
        else {
            "offset_mm": f"{fit.offset_mm:+.4f}",
            "gain": f"{fit.gain:.5f}",
            "backlash_mm": f"{fit.backlash_mm:+.4f}",
            "u_backlash_mm": f"{fit.expanded_backlash_uncertainty_mm():.4f}",
            "residual_mm": f"{fit.residual_spread_mm:.4f}",
            "dof": fit.degrees_of_freedom,
        },
        "in_force": None
        if block is None
        else {
            "calibration": state.written_blocks[-1].calibration,
            "offset_um": block.depth_offset_um,
            "gain": f"{1.0 + block.depth_gain_ppm / PPM:.6f}",
            "due": day_text(block.due_day),
            "confirmed": block.confirmed,
        },
        "raw": [
            [item.step, f"{item.setting_um / 1000:g}", item.measured_mm, "out" if item.outwards else "in"]
            for item in state.gauge
        ],
        "rule": Rule.GUARDED.value,
        "limit_mm": f"{script.limit_mm:g}",
        "limits_source": script.limit_source,
        "interval_agreed_with": script.interval_agreed_with,
        "resumed": state.resumed,
        "statements": [ONLY_THIS, STICK_OUT, NOT_ACCREDITED],
        "rows": {"first": rows[0].seq, "last_hash": rows[len(events) - 1].hash},
    }
