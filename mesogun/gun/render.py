"""What was found, as text for a terminal: lists, one gun, a doctor's report. Not responsible for finding it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from mesogun.gun.discover import Found
from mesogun.gun.doctor import Check, Result
from mesogun.gun.driver import Gun
from mesogun.units import ml_text, mm_text, ul_text
from mesogun.wire.codes import Fault, Flag, GunKind, State
from mesogun.wire.messages import Caps

_MARKS = {Result.OK: "ok    ", Result.ADVICE: "advice", Result.FAILED: "FAILED"}


def list_text(found: Sequence[Found]) -> str:
    """One port a line, what it is beneath it where there is more to say."""
    if not found:
        return "no serial port on this computer; a simulated gun is always at sim://"
    width = max(len(each.port.device) for each in found)
    lines = []
    for each in found:
        lines.append(f"{each.port.device:<{width}}  {each.verdict.value}")
        if "://" not in each.port.device:
            lines.append(f"{'':<{width}}  {each.port.identity}")
        lines.append(f"{'':<{width}}  {each.detail}")
        if each.caps is not None:
            lines.append(f"{'':<{width}}  {_text(each.caps.model)}, serial {_text(each.caps.serial)}")
    return "\n".join(lines)


def info_text(gun: Gun) -> str:
    """Whether this gun is ready and what it wants first; who it is, what it can do, how it is, how the line is."""
    welcome, caps, status, stats = gun.welcome, gun.caps, gun.status(), gun.stats
    kind = GunKind(welcome.kind).name.lower() if welcome.kind in set(GunKind) else f"kind {welcome.kind}"
    flags = Flag(status.flags)
    state = State(status.state).name.lower() if status.state in set(State) else f"state {status.state}"
    fault = Fault(status.fault).name.lower().replace("_", " ") if status.fault in set(Fault) else str(status.fault)
    bench = ", BENCH MODE: it treats nobody" if flags & Flag.BENCH else ""
    treatment = f"{welcome.open_treatment:016x} is open" if welcome.open_treatment else "none open"
    wants = _wants(gun, flags, fault)
    rows = [
        (
            "in short",
            "; ".join(wants) if wants else "ready" if flags & Flag.PRIMED else "ready; a treatment begins with priming",
        ),
        ("gun", f"{_text(caps.model)}, serial {_text(caps.serial)}, {kind}{bench}"),
        ("identity", f"device {welcome.device_id:016x}, memory {welcome.nvm_id:016x}, {started_text(welcome.boot_id)}"),
        ("firmware", f"{_version(caps.firmware)}, hardware {caps.hardware}, message table {welcome.fingerprint:08x}"),
        ("key", gun.read_only_reason or "this station's key fits"),
        ("state", f"{state}, fault: {fault}, battery {status.battery_mv / 1000:.2f} V"),
        ("syringe", f"{ml_text(status.syringe_left_nl)} left of {ml_text(caps.syringe_nl)}, {_primed(flags)}"),
        (
            "volume",
            f"{ul_text(caps.min_volume_nl)} to {ul_text(caps.max_volume_nl)} in steps of {ul_text(caps.step_nl)}",
        ),
        ("depth", f"{mm_text(caps.min_depth_um)} to {mm_text(caps.max_depth_um)}"),
        ("rate", f"at most {caps.max_rate_per_min} shots a minute"),
        ("head", f"{caps.needles} {'needle' if caps.needles == 1 else 'needles'}"),
        ("magazine", f"{caps.magazine_size} entries, lease {caps.lease_min_ms} to {caps.lease_max_ms} ms"),
        ("life", f"{status.last_shot_no} shots, {ml_text(status.running_total_nl)}"),
        ("shot log", f"acknowledged to shot {welcome.acked_shot_no}, {caps.log_slots} slots"),
        ("treatment", treatment),
        ("calibration", _calibration(caps)),
        ("line", f"round trip {(stats.srtt_us or 0) / 1000:.1f} ms, {stats.resends} resends"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def started_text(boots: int) -> str:
    """How often a gun was started, as people say it."""
    return "started once" if boots == 1 else f"started {boots} times"


def _wants(gun: Gun, flags: Flag, fault: str) -> list[str]:
    """What somebody has to see to before a treatment, the gravest first."""
    welcome, caps, status = gun.welcome, gun.caps, gun.status()
    wants = [gun.read_only_reason] if gun.read_only_reason else []
    if status.state == State.LOCKED:
        wants.append("its memory is damaged and it has locked itself: it needs service")
    elif status.fault:
        wants.append(f"stopped by a fault ({fault}): see to the cause, then clear it")
    if flags & Flag.BENCH or welcome.kind == GunKind.BENCH:
        wants.append("in bench mode: switch it off at the gun before a treatment")
    left_days = caps.calibration_due_day - (gun.clock.utc().date() - date(1970, 1, 1)).days
    if left_days < 0:
        wants.append(f"calibration expired {-left_days} days ago: mesogun calibrate")
    if welcome.open_treatment:
        wants.append(
            f"bound to treatment {welcome.open_treatment:016x}: mesogun treat --resume, or mesogun gun release"
        )
    waiting = status.closed_shot_no - welcome.acked_shot_no
    if waiting:
        wants.append(f"{waiting} shots in its log that no journal has acknowledged")
    if flags & Flag.LOW_BATTERY:
        wants.append(f"battery low ({status.battery_mv / 1000:.2f} V): charge it")
    if flags & Flag.LOW_SYRINGE:
        wants.append(f"syringe nearly empty ({ml_text(status.syringe_left_nl)})")
    return wants


def checks_text(checks: Sequence[Check]) -> str:
    """A doctor's report: what was looked at, what was found, what would help."""
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{_MARKS[check.result]}  {check.name:<{width}}  {check.found}")
        if check.remedy:
            lines.append(f"{'':<8}{'':<{width}}  -> {check.remedy}")
    failed = sum(check.result is Result.FAILED for check in checks)
    advice = sum(check.result is Result.ADVICE for check in checks)
    summary = f"{failed} failed, {advice} could be better" if failed or advice else "all is well"
    return "\n".join([*lines, summary])


def _primed(flags: Flag) -> str:
    return "primed" if flags & Flag.PRIMED else "not primed"


def _calibration(caps: Caps) -> str:
    due = date(1970, 1, 1) + timedelta(days=caps.calibration_due_day)
    made = date(1970, 1, 1) + timedelta(days=caps.calibrated_day)
    return (
        f"{caps.calibration_id:016x} of {made}, due {due}; a shot is within {ul_text(caps.overrun_nl)} + "
        f"{caps.overrun_ppm / 10_000:g} % of what was asked"
    )


def _version(firmware: int) -> str:
    return f"{firmware >> 16}.{firmware >> 8 & 0xFF}.{firmware & 0xFF}"


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("ascii", "replace")
