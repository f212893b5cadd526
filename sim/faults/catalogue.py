"""Every fault that exists: its numbers with default and range, and what a person at the gun or the screen sees.

Not responsible for when (``plan``) or how (``effects``).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Effect:
    """One kind of fault. ``numbers``: name -> (default, lowest, highest).

    ``seen_from`` is where the gun's sensors begin to see it, and ``masked_by`` names faults beside which they cannot:
    below the one, or beside the other, what it takes is in the truth and in no record, and the invariants allow for
    exactly that (``docs/decisions/0405``).
    """

    sees: str
    numbers: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    excludes: tuple[str, ...] = ()
    seen_from: dict[str, float] = field(default_factory=dict)
    masked_by: tuple[str, ...] = ()


_COUNT = {"count": (1.0, 1.0, 1000.0)}
_FOR = {"for_us": (200_000.0, 1.0, 60_000_000.0)}
_NARROW = (  # each lets less through the needles, as a leak lets more past the stopper: one sensor sees only the sum
    "fluid.occlusion", "fluid.partial_occlusion", "fluid.intermittent_occlusion", "fluid.blocked_pin", "fluid.cold",
)  # fmt: skip

CATALOGUE: dict[str, Effect] = {
    # the cable
    "link.drop": Effect("a retransmission, at most", _COUNT),
    "link.duplicate": Effect("nothing", _COUNT),
    "link.flip": Effect("a retransmission, a CRC error in the link figures", _COUNT | {"bits": (1.0, 1.0, 64.0)}),
    "link.insert": Effect("a retransmission, damage in the link figures", _COUNT | {"bytes": (3.0, 1.0, 400.0)}),
    "link.truncate": Effect("a retransmission, damage in the link figures", _COUNT),
    "link.delay": Effect("slow answers, possibly a lapsed lease", _COUNT | {"by_us": (300_000.0, 1.0, 60_000_000.0)}),
    "link.split": Effect("nothing", _COUNT),
    "link.hold_back": Effect("an answer that comes after the next one", _COUNT),
    "link.stale": Effect("damage in the link figures", {"bytes": (40.0, 1.0, 4000.0)}),
    "link.echo": Effect("damage or strangers in the link figures", _COUNT),
    "link.outage": Effect("link lost or a lapsed lease", _FOR),
    "link.unplug": Effect("link lost; reconnect", {"for_us": (3_000_000.0, 1.0, 600_000_000.0)}),
    "link.write_timeout": Effect("link lost; reconnect", {}),
    # the host
    "host.kill": Effect("the program is gone; resume shows what the break did", {}),
    "host.pause": Effect("a lapsed lease: the gun disarmed", {"for_us": (30_000_000.0, 1.0, 3_600_000_000.0)}),
    "host.clock_jump": Effect("times on the record jump; no dose changes", {"by_s": (3600.0, -1e8, 1e8)}),
    "host.disk_full": Effect("the journal cannot be written: the gun is stopped", {}),
    "host.torn_journal": Effect("the last transaction is missing after a restart", {}),
    "host.old_backup": Effect(
        "the journal comes back from a backup: rebuilt from the gun's log, or people must settle",
        {"share": (0.5, 0.0, 1.0)},
    ),
    "host.second_runner": Effect("this runner is fenced: it stops", {}),
    # the gun
    "gun.brownout": Effect("the gun restarts; a shot under way is INDETERMINATE", {"for_us": (400_000.0, 1.0, 6e8)}),
    "gun.reset": Effect("the gun restarts; a shot under way is INDETERMINATE", {}),
    "gun.hang": Effect("fault WATCHDOG", {}),
    "gun.lost_steps": Effect("fault STALL, PARTIAL", {"share": (0.5, 0.05, 1.0)}),
    "gun.motor_dead": Effect("fault STALL, PARTIAL of 0", {}),
    "gun.trigger_stuck": Effect("no further shot until the trigger was seen released", _FOR, ("gun.trigger_dead",)),
    "gun.trigger_dead": Effect("nothing fires", _FOR, ("gun.trigger_stuck",)),
    "gun.trigger_bounce": Effect("a shot cut short, at most", _COUNT),
    "gun.contact_stuck_on": Effect("contact shown all the time", _FOR, ("gun.contact_stuck_off",)),
    "gun.contact_stuck_off": Effect("no contact shown; nothing fires", _FOR, ("gun.contact_stuck_on",)),
    "gun.contact_bounce": Effect("PARTIAL with contact lost", {}),
    "gun.pressure_stuck_low": Effect("fault SENSOR, INDETERMINATE", {}, ("gun.pressure_stuck_high",)),
    "gun.pressure_stuck_high": Effect("fault OCCLUSION or SENSOR", {}, ("gun.pressure_stuck_low",)),
    "gun.torn_write": Effect("the gun restarts; no counter goes back", {"keep": (3.0, 0.0, 4096.0)}),
    "gun.memory_stuck": Effect("fault MEMORY, nothing moves", {}),
    "gun.memory_bad_cell": Effect("the gun is LOCKED after its next start", {}),
    "gun.battery_low": Effect("low battery shown", {}),
    "gun.battery_dead": Effect("the gun dies under its motor; INDETERMINATE", {}),
    "gun.too_hot": Effect("fault TEMPERATURE", {}),
    "gun.self_test": Effect("fault SENSOR", {}),
    "gun.bench_switch": Effect("bench mode shown; the magazine is empty", {}),
    # the fluid
    "fluid.occlusion": Effect("fault OCCLUSION, PARTIAL", {}),
    "fluid.partial_occlusion": Effect("a slower shot, or fault OCCLUSION", {"factor": (4.0, 1.1, 1000.0)}),
    "fluid.intermittent_occlusion": Effect("fault OCCLUSION, PARTIAL, or a slower shot", _FOR),
    "fluid.bubble": Effect("fault SYRINGE, INDETERMINATE", {"nl": (50_000.0, 500.0, 500_000.0)}),
    "fluid.short_fill": Effect("fault EMPTY, PARTIAL", {"left_nl": (5_000.0, 0.0, 1_000_000.0)}),
    "fluid.wrong_syringe": Effect("fault SYRINGE", {}),
    "fluid.leak": Effect(
        "fault SYRINGE, INDETERMINATE",
        {"ratio": (2.0, 0.01, 50.0)},
        seen_from={"ratio": 0.3},
        masked_by=_NARROW,
    ),
    "fluid.blocked_pin": Effect("higher pressure; occlusion if it was the only needle", {}),
    "fluid.cold": Effect("higher pressure, slower flow", {"below_k": (18.0, 0.5, 40.0)}),
    # the hand
    "hand.early_release": Effect("PARTIAL with trigger released", {}),
    "hand.early_lift": Effect("PARTIAL with contact lost", {}),
    "hand.syringe_change": Effect("the magazine is empty; prime again", {}),
    "hand.away": Effect("nothing fires for a while", {"for_us": (5_000_000.0, 1.0, 6e8)}),
}
