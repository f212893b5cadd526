"""One seed as a picture: phases of the gun, faults, host lives, and the host's interval around the truth.

The plotting library is loaded only here. Not responsible for running anything differently because it is watched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sim.campaign.draw import Draw
from sim.campaign.run import Prepare, Result, Treatment
from sim.faults import FaultPlan
from sim.firmware.shotlog import Closing, Intent
from sim.firmware.table import Phase

COLOURS = {
    Phase.OFF: "#2b2b2b",
    Phase.DISARMED: "#d5dade",
    Phase.ARMED: "#f0c75e",
    Phase.INSERT: "#e08e45",
    Phase.STROKE: "#bc4b32",
    Phase.SETTLE: "#d98b7a",
    Phase.RELIEF: "#8f6bb0",
    Phase.FAULT: "#6b1f2a",
    Phase.LOCKED: "#000000",
}
INK, GREY = "#1b4965", "#8a8f94"


@dataclass(slots=True)
class Recorder:
    """Watches a treatment as a witness and behind every event."""

    treatment: Treatment
    phases: list[tuple[float, Phase]] = field(default_factory=list)
    time_s: list[float] = field(default_factory=list)
    truth_ul: list[float] = field(default_factory=list)
    low_ul: list[float] = field(default_factory=list)
    high_ul: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        world = self.treatment.world
        self.phases.append((0.0, world.gun.machine.phase))
        world.gun.machine.witnesses.append(self)
        world.kernel.after_event.append(self.sample)

    def phase_changed(self, _before: Phase, after: Phase, /) -> None:
        """Another colour from here on."""
        self.phases.append((self.treatment.world.kernel.now_us / 1e6, after))

    def intended(self, _intent: Intent, /) -> None:
        """Seen as a phase."""

    def closed(self, _intent: Intent, _closing: Closing, /) -> None:
        """Seen as a phase."""

    def sample(self) -> None:
        """The three ledgers now."""
        belief = self.treatment.journal.belief()
        self.time_s.append(self.treatment.world.kernel.now_us / 1e6)
        self.truth_ul.append(self.treatment.world.truth.dispensed_now_nl / 1e3)
        self.low_ul.append((belief.low_nl if belief else 0) / 1e3)
        self.high_ul.append((belief.high_nl if belief else 0) / 1e3)


def picture(
    drawn: Draw,
    path: Path,
    *,
    plan: FaultPlan | None = None,
    prepare: Prepare | None = None,
    journal: str = "memory",
) -> Result:
    """Run a draw (again) and write its timeline as ``.png`` or ``.svg``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    treatment = Treatment(drawn, drawn.plan if plan is None else plan, journal=journal)
    if prepare is not None:
        prepare(treatment.world)
    recorder = Recorder(treatment)
    treatment.safety()
    treatment.liveness()
    result = treatment.result()
    treatment.journal.close()

    figure = Figure(figsize=(11.0, 5.4), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    lane, ledger = figure.subplots(2, 1, sharex=True, height_ratios=[0.7, 2.0])
    end_s = recorder.time_s[-1]
    for (start, phase), (stop, _) in zip(recorder.phases, [*recorder.phases[1:], (end_s, Phase.OFF)], strict=True):
        lane.barh(0.0, stop - start, left=start, height=0.8, color=COLOURS[phase], linewidth=0)
    for at, (begun_us, over_us) in enumerate(treatment.lives_us):
        lane.barh(
            -0.75, (over_us - begun_us) / 1e6, left=begun_us / 1e6, height=0.3, color=INK, alpha=0.35, linewidth=0
        )
        lane.annotate(f"host {at + 1}", (begun_us / 1e6, -0.75), xytext=(3, 0), textcoords="offset points",
                      fontsize=6, color=INK, va="center")  # fmt: skip
    lane.set_yticks([])
    seen = [phase for phase in COLOURS if any(phase is other for _, other in recorder.phases)]
    lane.legend(
        handles=[Patch(color=COLOURS[phase], label=phase.value) for phase in seen],
        ncols=len(seen), fontsize=7, frameon=False, loc="lower left", bbox_to_anchor=(0.0, 1.0),
    )  # fmt: skip
    ledger.fill_between(
        recorder.time_s,
        recorder.low_ul,
        recorder.high_ul,
        step="post",
        color=INK,
        alpha=0.15,
        lw=0,
        label="host's interval",
    )
    ledger.plot(recorder.time_s, recorder.truth_ul, color="#bc4b32", lw=1.3, label="truth")
    ledger.set_ylabel("given (µL)")
    ledger.set_xlabel("virtual time (s)")
    top = max(*recorder.high_ul, 1.0)
    fired = [(report.fired_us / 1e6, report.fault.name) for report in result.reports if report.fired_us is not None]
    for at, (when, name) in enumerate(sorted(fired)):
        for axis in (lane, ledger):
            axis.axvline(when, color=GREY, lw=0.8, ls=":")
        ledger.annotate(
            name, (when, top * (0.97 - 0.07 * (at % 6))), xytext=(3, 0), textcoords="offset points", fontsize=7
        )
    for breach in result.breaches:
        ledger.axvline(breach.at_us / 1e6, color="#c1121f", lw=1.4)
        ledger.annotate(
            breach.name, (breach.at_us / 1e6, top * 0.5), xytext=(4, 0), textcoords="offset points", fontsize=8,
            color="#c1121f", fontweight="bold",
        )  # fmt: skip
    ledger.legend(frameon=False, fontsize=8, loc="lower right")
    for axis in (lane, ledger):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    told = "no violation" if result.good else f"{len(result.breaches)} violation(s)"
    figure.suptitle(
        f"seed {drawn.seed}, gun “{drawn.profile}”, {drawn.shots} shots: {result.ended}, {told}", x=0.01, ha="left",
        fontsize=11, fontweight="bold",
    )  # fmt: skip
    if path.suffix == ".svg":
        figure.savefig(path, metadata={"Date": None})
    else:
        canvas.print_figure(path, dpi=120)
    return result
