"""Every fault that exists: its numbers with default and range, and what a person at the gun or the screen sees.

Not responsible for when (``plan``) or how (``effects``).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Effect:
    """One kind of fault. ``numbers``: name -> (default, lowest, highest).

    ``until`` says what ends one that has no ``for_us``: ``""`` that it is over at once, ``"cleared"`` that somebody who
    looks at the gun repairs it, ``"good"`` that nothing does. ``excludes`` names faults that cannot hold at the same
    moment (said on one side, meant for both). ``host`` is set where a program with a journal must
    take part, ``parcels`` where it changes the next bytes on the cable.

    ``seen_from`` is where the gun's sensors begin to see it, and ``masked_by`` names faults beside which they cannot:
    below the one, or beside the other, what it takes is in the truth and in no record, and the invariants allow for
    exactly that (``docs/decisions/0405``).
    """

    sees: str
    numbers: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    until: str = ""
    excludes: tuple[str, ...] = ()
    host: bool = False
    parcels: bool = False
    seen_from: dict[str, float] = field(default_factory=dict)
    masked_by: tuple[str, ...] = ()


_COUNT = {"count": (1.0, 1.0, 1000.0)}
_FOR = {"for_us": (200_000.0, 1.0, 60_000_000.0)}
_PULLED = {"for_us": (3_000_000.0, 1.0, 600_000_000.0)}
_NARROW = (  # each lets less through the needles, as a leak lets more past the stopper: one sensor sees only the sum
    "fluid.occlusion", "fluid.partial_occlusion", "fluid.intermittent_occlusion", "fluid.blocked_pin", "fluid.cold",
)  # fmt: skip
_TRIGGER = ("gun.trigger_stuck", "gun.trigger_dead")
_CONTACT = ("gun.contact_stuck_on", "gun.contact_stuck_off")

WHOLE = frozenset({"count", "bits", "bytes", "keep", "for_us", "by_us"})
"""Numbers that are counts of something: half of one does not exist."""

CATALOGUE: dict[str, Effect] = {
    # the cable
    "link.drop": Effect("a retransmission, at most", _COUNT, parcels=True),
    "link.duplicate": Effect("a late answer in the link figures", _COUNT, parcels=True),
    "link.flip": Effect(
        "a retransmission; on the way to the host damage in the link figures, too",
        _COUNT | {"bits": (1.0, 1.0, 64.0)},
        parcels=True,
    ),
    "link.insert": Effect(
        "a retransmission; on the way to the host damage in the link figures, too",
        _COUNT | {"bytes": (3.0, 1.0, 400.0)},
        parcels=True,
    ),
    "link.truncate": Effect(
        "a retransmission; on the way to the host damage in the link figures, too", _COUNT, parcels=True
    ),
    "link.delay": Effect(
        "a retransmission and a late answer in the link figures; a lapsed lease if it is long",
        _COUNT | {"by_us": (300_000.0, 1.0, 60_000_000.0)},
        parcels=True,
    ),
    "link.split": Effect("nothing", _COUNT, parcels=True),
    "link.hold_back": Effect("a retransmission and a late answer in the link figures", _COUNT, parcels=True),
    "link.stale": Effect("damage in the link figures", {"bytes": (40.0, 1.0, 4000.0)}),
    "link.echo": Effect(
        "an echo in the link figures; nothing when it is the gun that hears itself", _COUNT, parcels=True
    ),
    "link.outage": Effect("retransmissions; if it lasts, no answer and a lapsed lease", _FOR),
    "link.unplug": Effect("link lost; reconnect", _PULLED),
    "link.renamed": Effect(
        "link lost; no such port any more: `gun list` finds the gun under another name",
        _PULLED,
        excludes=("link.unplug",),
    ),
    "link.write_timeout": Effect("the port takes no bytes: link lost; reconnect", {}),
    # the host
    "host.kill": Effect("the program is gone; resume shows what the break did", {}),
    "host.pause": Effect("a lapsed lease: the gun disarmed", {"for_us": (30_000_000.0, 1.0, 3_600_000_000.0)}),
    "host.clock_jump": Effect(
        "link lost, because the clock was set; times on the record jump", {"by_s": (3600.0, -1e8, 1e8)}
    ),
    "host.disk_full": Effect("the journal cannot be written: the gun is stopped", {}, host=True),
    "host.torn_journal": Effect("the program is gone; the last transaction is missing after a restart", {}, host=True),
    "host.old_backup": Effect(
        "the program is gone; the journal comes back from a backup and is rebuilt from the gun's log",
        {"share": (0.5, 0.0, 1.0)},
        host=True,
    ),
    "host.second_runner": Effect("this runner is fenced: it stops", {}, host=True),
    # the gun
    "gun.brownout": Effect("the gun restarts; a shot under way is INDETERMINATE", {"for_us": (400_000.0, 1.0, 6e8)}),
    "gun.reset": Effect("the gun restarts; a shot under way is INDETERMINATE", {}),
    "gun.hang": Effect("fault WATCHDOG; a shot under way is INDETERMINATE", {}),
    "gun.lost_steps": Effect("fault STALL, PARTIAL", {"share": (0.5, 0.05, 1.0)}, "cleared", ("gun.motor_dead",)),
    "gun.motor_dead": Effect("fault STALL, PARTIAL; of 0 if it was dead before", {}, "cleared"),
    "gun.trigger_stuck": Effect("no further shot until the trigger was seen released", _FOR, excludes=_TRIGGER),
    "gun.trigger_dead": Effect("nothing fires; a shot under way is PARTIAL with trigger released", _FOR),
    "gun.trigger_bounce": Effect("a shot under way is PARTIAL with trigger released", _COUNT, excludes=_TRIGGER),
    "gun.contact_stuck_on": Effect("contact shown all the time", _FOR, excludes=_CONTACT),
    "gun.contact_stuck_off": Effect(
        "no contact shown, nothing fires; a shot under way is PARTIAL with contact lost", _FOR
    ),
    "gun.contact_bounce": Effect("a shot under way is PARTIAL with contact lost", {}, excludes=_CONTACT),
    "gun.pressure_stuck_low": Effect("fault SENSOR, INDETERMINATE", {}, "cleared", ("gun.pressure_stuck_high",)),
    "gun.pressure_stuck_high": Effect("fault SENSOR: nothing fires, a shot under way is INDETERMINATE", {}, "cleared"),
    "gun.torn_write": Effect("the gun restarts; no counter goes back", {"keep": (3.0, 0.0, 4096.0)}),
    "gun.memory_stuck": Effect("fault MEMORY, nothing moves", {}, "good"),
    "gun.memory_bad_cell": Effect("the gun is LOCKED after its next start, unless a LOAD came before that", {}, "good"),
    "gun.battery_low": Effect("low battery shown", {}, "good", ("gun.battery_dead",)),
    "gun.battery_dead": Effect(
        "the gun dies under its motor, INDETERMINATE; it comes back with another cell", {}, "cleared"
    ),
    "gun.too_hot": Effect("fault TEMPERATURE; a shot under way is PARTIAL", {}),
    "gun.self_test": Effect("fault SENSOR; a shot under way is PARTIAL", {}),
    "gun.bench_switch": Effect("bench mode shown; the magazine is empty; a shot under way is PARTIAL", {}),
    # the fluid
    "fluid.occlusion": Effect("fault OCCLUSION, PARTIAL", {}, "cleared"),
    "fluid.partial_occlusion": Effect(
        "a higher pressure and a slower shot, or fault OCCLUSION, PARTIAL", {"factor": (4.0, 1.1, 1000.0)}, "cleared"
    ),
    "fluid.intermittent_occlusion": Effect("a higher pressure, or fault OCCLUSION, PARTIAL", _FOR),
    "fluid.bubble": Effect("fault SYRINGE, INDETERMINATE", {"nl": (50_000.0, 500.0, 500_000.0)}, "cleared"),
    "fluid.short_fill": Effect("fault EMPTY, PARTIAL", {"left_nl": (5_000.0, 0.0, 1_000_000.0)}),
    "fluid.wrong_syringe": Effect("fault SYRINGE; a shot under way is PARTIAL", {}),
    "fluid.leak": Effect(
        "fault SYRINGE, INDETERMINATE",
        {"ratio": (2.0, 0.01, 50.0)},
        "cleared",
        seen_from={"ratio": 0.3},
        masked_by=_NARROW,
    ),
    "fluid.blocked_pin": Effect("a higher pressure; fault OCCLUSION, PARTIAL if it was the only needle", {}, "cleared"),
    "fluid.cold": Effect("a higher pressure", {"below_k": (18.0, 0.5, 40.0)}, "good"),
    # the hand
    "hand.early_release": Effect("PARTIAL with trigger released", {}),
    "hand.early_lift": Effect("PARTIAL with contact lost", {}),
    "hand.syringe_change": Effect("the magazine is empty; a shot under way is PARTIAL; prime again", {}),
    "hand.away": Effect("nothing fires for a while; a shot under way is PARTIAL", {"for_us": (5_000_000.0, 1.0, 6e8)}),
}


def excluded_by(name: str) -> tuple[str, ...]:
    """Every fault that cannot hold at the same moment as this one, whichever of the two says so."""
    return tuple(
        other
        for other, effect in CATALOGUE.items()
        if other != name and (name in effect.excludes or other in CATALOGUE[name].excludes)
    )
