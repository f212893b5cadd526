"""The panel of the gun: its state, its senses, the last and the next shot, the link; or why it is not heard. Pure.

A replay has no gun to hear, so it shows its own place there. Not responsible for the other panels (``panels``) or for
what is in a view (``view``).
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from tui import figures
from tui.follow import speed_text
from tui.palette import Palette
from tui.source import Progress
from tui.view import Freshness, LinkWords, View

LEAST_FULL_SCALE_PA = 50_000  # so that noise at rest does not look like a stroke
BARS = "▁▂▃▄▅▆▇█"


def gun(view: View, palette: Palette, width: int, trace: Sequence[int], progress: Progress | None = None) -> Text:
    """What the gun says now, in five lines; all of it dim while its word is stale."""
    said = view.gun
    if progress is not None:
        return _replay(progress, palette, width)
    if said is None:
        return _unheard(view, palette, width)
    stale = view.freshness is Freshness.STALE
    shown, quiet = (palette.quiet if stale else palette.text), palette.quiet
    warn = quiet if stale else f"bold {palette.warn}"
    hot = said.armed and not stale
    chip = f"bold {palette.medium_on} on {palette.medium}" if hot else f"{shown} on {palette.line}"
    if palette.name == "meso-mono":
        chip = f"bold {palette.high_on} on {palette.high}" if hot else shown
    text = Text()
    text.append(f" {said.state.upper()} ", chip)
    if said.armed:
        text.append(f"  lease {'was ' if stale else ''}{figures.seconds(said.lease_left_ms * 1000)}", shown)
    text.append(f"  {figures.count(said.magazine)} loaded", quiet)
    if said.fault:
        text.append(f"  {said.fault.upper()}", quiet if stale else f"bold {palette.bad}")
    text.append("\n")
    for on, name in ((said.contact, "contact"), (said.trigger, "trigger"), (said.primed, "primed")):
        text.append("● " if on else "○ ", palette.good if on and not stale else quiet)
        text.append(f"{name}  ", shown if on else quiet)
    text.append("\n")
    text.append_text(depths(view, palette, width))
    text.append("\npressure ", quiet)
    text.append(f"{figures.kilopascal(said.pressure_pa):<8}", shown)
    trouble = link_trouble(view.link, width - 18) if view.link is not None else ""
    if trouble:  # what the link does to all the other figures comes before a trace
        text.append(trouble, warn)
    else:
        text.append(sparkline(trace, max(4, width - 18)), quiet if stale else palette.accent)
    text.append("\nsyringe ", quiet)
    text.append(figures.at_least(said.syringe_left_nl), warn if said.low_syringe else shown)
    text.append("  battery ", quiet)
    text.append(figures.volts(said.battery_mv), warn if said.low_battery else shown)
    return text


def link_trouble(link: LinkWords, width: int) -> str:
    """What is not fine with the link, as much of it as fits; empty when all is."""
    text = ""
    for part in link.trouble:
        longer = f"{text}, {part}" if text else f"link {part}"
        if text and len(longer) > width:
            break
        text = longer
    return text


def depths(view: View, palette: Palette, width: int) -> Text:
    """Depth and peak pressure of the last shot, depth of the next."""
    text = Text("last shot ", palette.quiet)
    if view.last:
        last = view.last[-1]
        told = f"{figures.millimetres(last.depth_um)} {figures.kilopascal(last.peak_pressure_pa)}"
        text.append(told, palette.quiet if view.freshness is Freshness.STALE else palette.text)
    else:
        text.append("none", palette.quiet)
    following = f"  next {figures.millimetres(view.next_depth_um)}" if view.next_depth_um is not None else ""
    if following and text.cell_len + len(following) <= width:
        text.append(following[:7], palette.quiet)
        text.append(following[7:], palette.text)
    return text


def _unheard(view: View, palette: Palette, width: int) -> Text:
    """Why the gun is not heard, and what is known of it all the same."""
    words = {
        Freshness.WAITING: "waiting for the gun",
        Freshness.LOST: "--- no word from the gun",
    }.get(view.freshness, "this screen does not hear the gun" if view.source != "LIVE" else "not heard any more")
    text = Text(words, palette.quiet)
    if view.freshness is Freshness.SILENT and view.age_us is not None:
        text.append(f"\nlast known: {view.phase}, {figures.age(view.age_us)} ago", f"bold {palette.warn}")
    if view.last:
        text.append("\n")
        text.append_text(depths(view, palette, width))
    return text


def _replay(progress: Progress, palette: Palette, width: int) -> Text:
    """Where the replay is, how fast it runs, and the keys that move it."""
    cells = max(4, width)
    done = progress.place * cells // max(1, progress.count)
    how = "playing" if progress.playing else "held"
    return Text.assemble(
        (f"REPLAY {progress.at}", f"bold {palette.text}"),
        (f"  {speed_text(progress.speed)} {how}\n", palette.text if progress.playing else f"bold {palette.warn}"),
        (f"event {figures.count(progress.place)} of {figures.count(progress.count)}\n", palette.quiet),
        ("█" * done, palette.accent),
        ("░" * (cells - done), palette.quiet),
        ("\n←→ 10  PgUp PgDn 100  Home End"[: width + 1], palette.quiet),
    )


def sparkline(values: Sequence[int], width: int) -> str:
    """The last ``width`` pressures as bars; the scale starts at zero and ends at the highest, or at 50 kPa."""
    shown = list(values)[-width:]
    top = max([*shown, LEAST_FULL_SCALE_PA])
    return "".join(BARS[min(len(BARS) - 1, value * (len(BARS) - 1) // top)] for value in shown)
