"""The texts of the dashboard, from a view: pure functions to ``rich`` texts, one per panel.

Not responsible for placing them (``app``), for the panel of the gun (``gunpanel``) or for what is in a view (``view``).
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.text import Text

from mesogun.record.alarms import Alarm, Alarms, Limit, Priority, Stage, lit
from tui import figures, tall
from tui.palette import Palette
from tui.view import Freshness, ShotLine, View

TOTAL_WORDS = 5
"""Lines of the total beside its figure: a heading, the interval, what is left, the limit and its bar."""
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
    others = len(alarms.alarms) - 1
    long = (f" +{others} more" if others else "") + silenced
    long += "  a Seen " if top.stage is not Stage.ACKNOWLEDGED else " "
    mark, name = f" {top.condition.priority.mark:<3} ", f"{top.priority.name} "
    short = (f" +{others}" if others else "") + silenced + " "
    # The words of the alarm come before what stands around them: the marks say the priority without its name.
    layouts = ((mark + name, long), (mark + name, short), (mark, short))
    whole = (pair for pair in layouts if len(pair[0] + top.text + seen + pair[1]) <= width)
    front, right = next(whole, layouts[0])
    room = width - len(right)
    left = front + squeezed(top.condition.title, top.detail, room - len(front) - len(seen)) + seen
    return Text(left.ljust(room) + right, style=style, no_wrap=True)


def squeezed(title: str, detail: str, room: int) -> str:
    """Title and detail in ``room`` columns: a long detail loses its beginning, up to a colon, before it loses its end.

    What stands in the way comes last in a refusal: "gun 00d1 must not treat now: its certificate has expired". The
    whole text is on the page of alarms.
    """
    text = f"{title}: {detail}" if detail else title
    rest = detail
    while len(text) > room and ": " in rest:
        rest = rest.partition(": ")[2]
        text = f"{title}: {rest}"
    return text if len(text) <= room else f"{text[: max(0, room - 1)]}…"


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


TITLES = {
    Freshness.LIVE: "GIVEN",
    Freshness.WAITING: "GIVEN",
    Freshness.STALE: "GIVEN, stale",
    Freshness.LOST: "GIVEN, not known now",
    Freshness.RECORD: "ON RECORD",
    Freshness.SILENT: "ON RECORD, no news",
}


def status(view: View, palette: Palette, width: int, beat: int, note: str = "", *, totals: bool = False) -> Text:
    """Source, phase, what kind of gun, link and age; with ``totals`` the totals, where their panel is hidden.

    What does not fit is left out whole; only a note is cut.
    """
    words, trouble = _chip(view)
    chip = (
        f"bold {palette.medium_on} on {palette.medium}" if trouble else f"bold {palette.accent_on} on {palette.accent}"
    )
    left = Text.assemble((f" {words} ", chip))  # its colours are its own: a base style would colour the whole row
    phase = "" if words.lower() == view.phase else f" {_phase(view)}"
    beats = f" {BEAT[beat % len(BEAT)]} "
    if not totals or left.cell_len + len(phase) + len(short_total(view)) + len(beats) + 3 <= width:
        left.append(phase, f"bold {palette.text}")
    must: list[tuple[str, str]] = [(short_total(view), f"bold {palette.text}")] if totals else []
    must.append((note, palette.accent))
    least = left.cell_len + sum(len(piece) + 2 for piece, _ in must if piece)
    if view.gun_kind.lower() == "simulated":
        must.append(("simulated gun", palette.warn))
    must.append((view.subject, palette.text))
    if view.demonstration:
        must.append(("demonstration values", palette.warn))
    need = left.cell_len + sum(len(piece) + 2 for piece, _ in must if piece)
    ages = [f"{age}{beats}" for age in _ages(view)]
    fitting = [age for most in (need, least) for age in ages if most + len(age) + 1 <= width]
    right = Text(next(iter(fitting), ages[-1]), palette.quiet)
    for piece, style in must:
        room = width - left.cell_len - right.cell_len - 3
        if len(piece) <= room:
            left.append(f"  {piece}" if piece else "", style)
        elif piece == note and room > 1:
            left.append(f"  {piece[: room - 1]}…", style)
        else:
            break
    else:
        for piece in (view.title, f"gun {view.gun_serial}" if view.gun_serial else ""):
            if piece and len(piece) <= width - left.cell_len - right.cell_len - 3:
                left.append(f"  {piece}", palette.quiet)
    return _row(left, right, width)


def _chip(view: View) -> tuple[str, bool]:
    """What this screen shows, and whether that is in trouble: where from, how old, or how it is over."""
    if view.over:
        return view.over.upper(), view.over != "ended"
    trouble = {Freshness.STALE: "STALE", Freshness.LOST: "NO DATA", Freshness.SILENT: "NO NEWS"}.get(view.freshness)
    return (trouble, True) if trouble is not None else (view.source, False)


def _phase(view: View) -> str:
    if view.freshness is Freshness.SILENT and view.age_us is not None:
        return f"last known: {view.phase}, {figures.age(view.age_us)} ago"
    return f"last known: {view.phase}" if view.freshness is Freshness.LOST else view.phase


def _ages(view: View) -> tuple[str, ...]:
    """How old the newest word is, from long to short: of the gun where it is heard, else of the record."""
    if view.age_us is None:
        return ("waiting",)
    if view.source == "REPLAY" or view.freshness is Freshness.SILENT:
        return ("",)
    if view.freshness is Freshness.LIVE and not view.over:
        return (f"age {figures.age(view.age_us)}",)
    ago = f"{figures.age(view.age_us)} ago"
    what = "event" if view.source == "WATCH" else "word"
    return (f"last {what} {ago}", ago, "")


def over_words(view: View, *, short: bool = False) -> str:
    """What to do once this run is over; a treatment that has not ended is said to be open."""
    if view.ended is not None:
        return "it is over: q leaves"
    done = f"{figures.count(view.shots_done)} of {figures.count(view.shots_total)} given"
    return f"{done}; q leaves, then {'resume' if short else 'mesogun treat --resume'}"


def short_total(view: View) -> str:
    """Total, upper end and share of the tightest limit in one piece, for where the panel of totals is hidden."""
    given = f"{figures.given(view.given_nl)}  "
    if view.freshness is Freshness.LOST:
        given = "---  last known "
    tight = view.tightest
    share = f"  {figures.percent(view.high_nl, tight.cap_nl)}" if tight is not None else ""
    return f"{given}at most {figures.at_most(view.high_nl, unit=view.freshness is Freshness.LOST)}{share}"


def total(view: View, palette: Palette, width: int, height: int) -> Text:
    """The total, tall; then the interval, what remains, and the share of the tightest limit."""
    lost = view.freshness is Freshness.LOST
    title, points = TITLES[view.freshness], _points(view)
    fits = len(f"{title}  {points} mL") <= width
    head = Text(title, f"bold {palette.accent}")
    if fits:
        head.append(f"  {points}", palette.text)
    head = _row(head, Text("mL", f"bold {palette.accent}"), width)
    number = "---" if lost else figures.column_text(figures.near_units(view.given_nl), 0)
    lines = tall.fitted(number, width, height - TOTAL_WORDS)
    dim = view.freshness in (Freshness.STALE, Freshness.SILENT)
    style = palette.quiet if dim else f"bold {palette.text}"
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
    text.append("\n")
    left, planned = figures.given(view.remaining_nl, unit=False), figures.given(view.planned_nl)
    text.append("left ", palette.quiet).append(left, f"bold {palette.text}").append(f" of {planned}", palette.quiet)
    done = f"  {figures.count(view.shots_done)} of {figures.count(view.shots_total)}"
    if not fits and len(f"left {left} of {planned}{done}") <= width:
        text.append(done, palette.text)
    text.append("\n")
    text.append_text(limit(view, palette, width))
    return text


def _points(view: View) -> str:
    return f"{figures.count(view.shots_done)} of {figures.count(view.shots_total)} points"


def limit_title(limit: Limit) -> str:
    """A limit in words: what it is for, and how much that is; only a soft one says so."""
    return f"{'' if limit.hard else 'soft '}limit for {limit.name} {figures.at_least(limit.cap_nl)}"


def limit(view: View, palette: Palette, width: int) -> Text:
    """The tightest limit in words, and how much of it the ledger's upper end has used."""
    tight = view.tightest
    if tight is None:
        return Text("no limit on record", palette.bad)
    share = view.share(tight)
    style = palette.good if share < 0.9 else palette.warn if share < 1 else palette.bad
    words = limit_title(tight)
    if len(words) > width:  # the number is what counts; the page of limits says what for
        words = f"{'' if tight.hard else 'soft '}limit {figures.at_least(tight.cap_nl)}"
    figure = figures.percent(view.high_nl, tight.cap_nl)
    return Text.assemble(
        (words, palette.quiet),
        "\n",
        bar(view, tight.cap_nl, width - 7, style, palette),
        (f" {figure:>5}", f"bold {style}"),
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


def shots(view: View, palette: Palette, width: int, lines: int, notice: str = "") -> Text:
    """The last recorded shots, newest first, below a notice if there is one; what does not fit is left out whole."""
    text = Text()
    for words in wrap(notice, width):
        text.append(f"{words}\n", f"bold {palette.warn}")
        lines -= 1
    several = len(view.zones) > 1
    for number, shot in enumerate(reversed(view.last[-lines:] if lines > 0 else ())):
        text.append_text(shot_row(shot, palette, width, newest=number == 0, zone=several))
        text.append("\n")
    if not view.last:
        text.append("no shot on record yet", palette.quiet)
    return text


def shot_row(shot: ShotLine, palette: Palette, width: int, *, newest: bool, zone: bool, whole: bool = False) -> Text:
    """One shot, the most important first: volume, outcome, zone, depth, pressure, what was asked.

    In one line, as far as it fits; ``whole``: in as many lines as it takes.
    """
    style = palette.text if newest else palette.quiet
    done = shot.outcome == "done"
    place = f"point {figures.count(shot.point + 1)}" if shot.point is not None else shot.kind
    line = Text.assemble(
        (f"#{shot.shot_no} ", palette.quiet),
        (f"{place:<9} ", style),
        (f"{figures.given(shot.delivered_nl, decimals=4):<10}", style),
        (shot.outcome, palette.good if done else f"bold {palette.warn}"),
    )
    pieces = [
        shot.zone if zone else "",
        figures.millimetres(shot.depth_um),
        figures.kilopascal(shot.peak_pressure_pa),
        "" if done else f"of {figures.given(shot.commanded_nl, decimals=4)}",
    ]
    used = line.cell_len
    for piece in filter(None, pieces):
        used += len(piece) + 2
        if used > width and not whole:
            break
        if used > width:
            line.append("\n    ")
            used = len(piece) + 6
        line.append(f"  {piece}", palette.quiet)
    return line


def zones(view: View, palette: Palette, width: int) -> Text:
    """Each zone's own total."""
    text = Text()
    for zone in view.zones:
        points = f"  {figures.count(zone.done)} of {figures.count(zone.shots)}"
        line = Text.assemble(
            (f"{zone.name:<14.14} ", palette.text),
            (figures.given(zone.given_nl, unit=False).rjust(7), f"bold {palette.text}"),
            (f" of {figures.given(zone.planned_nl)}", palette.quiet),
        )
        if line.cell_len + len(points) <= width:
            line.append(points, palette.quiet)
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
