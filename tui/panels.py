"""The texts of the dashboard, from a view: pure functions to ``rich`` texts, one per panel.

Not responsible for placing them (``app``) or for what is in a view (``view``).
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.text import Text

from mesogun.record.alarms import Alarm, Alarms, Priority, Stage, lit
from tui import figures, tall
from tui.palette import Palette
from tui.view import Freshness, ShotLine, View

LEAST_FULL_SCALE_PA = 50_000  # so that noise at rest does not look like a stroke
TOTAL_WORDS = 5
"""Lines of the total beside its figure: a heading, the interval, what is left, the limit and its bar."""
WIDE_SHOTS = 56
"""Columns from which a shot's line has its depth and its highest pressure too."""
BARS = "▁▂▃▄▅▆▇█"
BEAT = "⠋⠙⠹⠸⠼⠴⠦⠧"


def _row(left: Text, right: Text, width: int) -> Text:
    gap = max(1, width - left.cell_len - right.cell_len)
    return Text.assemble(left, " " * gap, right)


def banner(alarms: Alarms, palette: Palette, width: int, now_us: int, *, flash: bool) -> Text:
    """The alarm line: word, marks and colour; two readable styles take turns while it flashes."""
    top = alarms.top
    quiet = -(-alarms.audio_left_us(now_us) // 1_000_000)
    silenced = f"  bell off {quiet} s" if quiet else ""
    if top is None:
        left = " No alarm"
        text = left + silenced.rjust(width - len(left) - 1) + " " if silenced else left.ljust(width)
        return Text(text, style=f"{palette.calm_on} on {palette.calm}")
    style = alarm_style(top, palette)
    if flash and not lit(top, now_us):
        style = f"{palette.text} on {palette.surface} bold"
    seen = {Stage.ACKNOWLEDGED: " (seen)", Stage.LATCHED: " (over)", Stage.ACTIVE: ""}[top.stage]
    left = f" {top.condition.priority.mark:<3} {top.priority.name} {top.text}{seen}"
    others = len(alarms.alarms) - 1
    right = (f" +{others} more" if others else "") + silenced
    right += "  a Seen " if top.stage is not Stage.ACKNOWLEDGED else " "
    room = width - len(right)
    return Text((left[: room - 1] + "…" if len(left) > room else left.ljust(room)) + right, style=style, no_wrap=True)


def alarm_style(alarm: Alarm, palette: Palette) -> str:
    """Colour and weight of one alarm; high is always reversed and bold, so that it leads without colour too."""
    if alarm.priority is Priority.HIGH:
        return f"bold {palette.high_on} on {palette.high}"
    if alarm.stage is Stage.LATCHED:
        return f"{palette.text} on {palette.panel}"
    if alarm.priority is Priority.MEDIUM:
        return (
            f"bold {palette.medium_on} on {palette.medium}"
            if palette.name != "meso-mono"
            else (f"{palette.medium_on} on {palette.medium}")
        )
    return f"{palette.low_on} on {palette.low}"


def status(view: View, palette: Palette, width: int, beat: int, note: str = "") -> Text:
    """Source, phase, what kind of gun, link and age."""
    chip = f"bold {palette.accent_on} on {palette.accent}"
    words = view.source if view.freshness in (Freshness.LIVE, Freshness.RECORD, Freshness.WAITING) else "STALE"
    if view.freshness is Freshness.LOST:
        words = "NO DATA"
    if words != view.source:
        chip = f"bold {palette.medium_on} on {palette.medium}"
    age = figures.seconds(view.age_us) if view.age_us is not None else "-"
    right = Text(f"{_link(view)} {age} {BEAT[beat % len(BEAT)]} ", palette.quiet)
    left = Text.assemble((f" {words} ", chip), " ", (view.phase, f"bold {palette.text}"))
    pieces: list[tuple[str, str]] = []
    if note:
        pieces.append((note, palette.accent))
    if view.gun_kind.lower() == "simulated":
        pieces.append(("simulated gun", palette.warn))
    if view.demonstration:
        pieces.append(("demonstration values", palette.warn))
    pieces += [(view.title, palette.quiet), (f"gun {view.gun_serial}" if view.gun_serial else "", palette.quiet)]
    for piece, style in pieces:
        room = width - left.cell_len - right.cell_len - 3
        if piece and len(piece) <= room:
            left.append(f"  {piece}", style)
        elif piece and style != palette.quiet:
            left.append(f"  {piece[: max(0, room - 1)]}…", style)
            break
    return _row(left, right, width)


def _link(view: View) -> str:
    return {
        Freshness.WAITING: "waiting",
        Freshness.LIVE: "age",
        Freshness.STALE: "STALE",
        Freshness.LOST: "lost",
        Freshness.RECORD: "record",
    }[view.freshness]


def total(view: View, palette: Palette, width: int, height: int) -> Text:
    """The total, tall; then the interval, what remains, and the share of the tightest limit."""
    lost = view.freshness is Freshness.LOST
    name = {Freshness.LOST: "GIVEN, not known now", Freshness.RECORD: "ON RECORD", Freshness.STALE: "GIVEN, stale"}
    head = _row(
        Text(name.get(view.freshness, "GIVEN"), f"bold {palette.accent}"), Text("mL", f"bold {palette.accent}"), width
    )
    number = "---" if lost else figures.column_text(figures.near_units(view.given_nl), 0)
    lines = tall.fitted(number, width, height - TOTAL_WORDS)
    style = palette.quiet if view.freshness is Freshness.STALE else f"bold {palette.text}"
    text = Text.assemble(head, "\n")
    for line in lines:
        text.append(f"{line.rstrip()}\n", style)
    if len(lines) + TOTAL_WORDS < height:
        text.append("\n")
    label = "last known " if lost else "proved "
    text.append(label, palette.quiet)
    text.append(figures.at_least(view.low_nl, unit=False), palette.text)
    text.append("  at most ", palette.quiet)
    text.append(figures.at_most(view.high_nl), f"bold {palette.text}")
    text.append("\nleft ", palette.quiet)
    text.append(figures.given(view.remaining_nl), f"bold {palette.text}")
    text.append(f" of {figures.given(view.planned_nl)}", palette.quiet)
    text.append(f"  {view.shots_done}/{view.shots_total}", palette.text)
    text.append("\n")
    text.append_text(limit(view, palette, width))
    return text


def limit(view: View, palette: Palette, width: int) -> Text:
    """The tightest limit in words, and how much of it the ledger's upper end has used."""
    tight = view.tightest
    if tight is None:
        return Text("no limit on record", palette.bad)
    share = view.share(tight)
    style = palette.good if share < 0.9 else palette.warn if share < 1 else palette.bad
    kind = "hard" if tight.hard else "soft"
    words = Text(f"limit {figures.at_least(tight.cap_nl)} {kind}, {tight.name}", palette.quiet)
    words.truncate(width, overflow="ellipsis")
    figure = figures.percent(view.high_nl, tight.cap_nl)
    return Text.assemble(
        words, "\n", bar(view, tight.cap_nl, width - 7, style, palette), (f" {figure:>5}", f"bold {style}")
    )


def bar(view: View, whole_nl: int, width: int, style: str, palette: Palette) -> Text:
    """Proved volume solid, what cannot be excluded hatched, the plan's end as a tick."""
    width = max(4, width)
    whole = max(1, whole_nl)
    low = min(width, view.low_nl * width // whole)
    high = min(width, -(-view.high_nl * width // whole))
    tick = view.planned_nl * width // whole
    cells = ["█" if cell < low else "▒" if cell < high else "░" for cell in range(width)]
    if high <= tick < width:
        cells[tick] = "│"
    line = "".join(cells)
    return Text.assemble((line[:high], style), (line[high:], palette.quiet))


def gun(view: View, palette: Palette, width: int, trace: Sequence[int]) -> Text:
    """What the gun says now."""
    said = view.gun
    text = Text()
    if said is None:
        words = {
            Freshness.WAITING: "waiting for the gun",
            Freshness.LOST: "--- no word from the gun",
            Freshness.RECORD: "not connected",
        }.get(view.freshness, "---")
        return Text(f"GUN  {words}", palette.quiet)
    state = f" {said.state.upper()} "
    chip = f"bold {palette.medium_on} on {palette.medium}" if said.armed else f"{palette.text} on {palette.line}"
    if palette.name == "meso-mono":
        chip = f"bold {palette.high_on} on {palette.high}" if said.armed else palette.text
    text.append(state, chip)
    if said.armed:
        text.append(f"  lease {figures.seconds(said.lease_left_ms * 1000)}", palette.text)
    text.append(f"  {said.magazine} loaded", palette.quiet)
    if said.fault:
        text.append(f"  {said.fault.upper()}", f"bold {palette.bad}")
    text.append("\n")
    for on, name in ((said.contact, "contact"), (said.trigger, "trigger"), (said.primed, "primed")):
        text.append("● " if on else "○ ", palette.good if on else palette.quiet)
        text.append(f"{name}  ", palette.text if on else palette.quiet)
    text.append("\npressure ", palette.quiet)
    text.append(f"{figures.kilopascal(said.pressure_pa):<8}", palette.text)
    text.append(sparkline(trace, max(4, width - 18)), palette.accent)
    text.append("\nsyringe ", palette.quiet)
    text.append(
        f"{figures.at_least(said.syringe_left_nl)}", f"bold {palette.warn}" if said.low_syringe else palette.text
    )
    text.append("  battery ", palette.quiet)
    text.append(figures.volts(said.battery_mv), f"bold {palette.warn}" if said.low_battery else palette.text)
    return text


def sparkline(values: Sequence[int], width: int) -> str:
    """The last ``width`` pressures as bars; the scale starts at zero and ends at the highest, or at 50 kPa."""
    shown = list(values)[-width:]
    top = max([*shown, LEAST_FULL_SCALE_PA])
    return "".join(BARS[min(len(BARS) - 1, value * (len(BARS) - 1) // top)] for value in shown)


def shots(view: View, palette: Palette, width: int, lines: int, notice: str = "") -> Text:
    """The last recorded shots, newest first, below a notice if there is one."""
    text = Text()
    for words in wrap(notice, width):
        text.append(f"{words}\n", f"bold {palette.warn}")
        lines -= 1
    for number, shot in enumerate(reversed(view.last[-lines:] if lines > 0 else ())):
        style = palette.text if number == 0 else palette.quiet
        bad = shot.outcome != "done"
        place = f"point {shot.point + 1}" if shot.point is not None else shot.kind
        line = Text.assemble(
            (f"#{shot.shot_no} ", palette.quiet),
            (f"{place:<9} ", style),
            (f"{figures.given(shot.delivered_nl, decimals=4):<10}", style),
            (f"{_in_depth(shot)}  " if width >= WIDE_SHOTS else "", palette.quiet),
            (shot.outcome, f"bold {palette.warn}" if bad else palette.good),
            (f" {shot.zone}", palette.quiet),
        )
        line.truncate(width, overflow="ellipsis")
        text.append_text(line)
        text.append("\n")
    if not view.last:
        text.append("no shot on record yet", palette.quiet)
    return text


def _in_depth(shot: ShotLine) -> str:
    return f"{shot.depth_um / 1000:g} mm".rjust(7) + figures.kilopascal(shot.peak_pressure_pa).rjust(9)


def zones(view: View, palette: Palette, width: int) -> Text:
    """Each zone's own total."""
    text = Text()
    for zone in view.zones:
        line = Text.assemble(
            (f"{zone.name:<14.14} ", palette.text),
            (figures.given(zone.given_nl, unit=False).rjust(7), f"bold {palette.text}"),
            (f" of {figures.given(zone.planned_nl)}  {zone.done}/{zone.shots}", palette.quiet),
        )
        line.truncate(width, overflow="ellipsis")
        text.append_text(line)
        text.append("\n")
    return text


def key_line(
    keys: Sequence[tuple[str, str, str]], palette: Palette, width: int
) -> tuple[Text, tuple[tuple[int, int, str], ...]]:
    """Keys and labels, and from which to which column each one lies; what does not fit is left to Help."""
    text = Text(no_wrap=True)
    places: list[tuple[int, int, str]] = []
    for key, label, name in keys:
        if name == "stop":
            # The blank behind it keeps STOP apart from the next key, which without colour looks the same.
            piece = Text.assemble((f" {key} {label} ", f"bold {palette.high_on} on {palette.high}"), " ")
        else:
            piece = Text.assemble(
                (f" {key} ", f"bold {palette.accent_on} on {palette.accent}"), (f" {label} ", palette.text)
            )
        if text.cell_len + piece.cell_len > width:
            break
        places.append((text.cell_len, text.cell_len + piece.cell_len, name))
        text.append_text(piece)
    return text, tuple(places)
