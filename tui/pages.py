"""Whole pages and questions as texts: shots, alarms, gun, help. Pure, like ``panels``.

Not responsible for scrolling or keys, or for limits (``limitpage``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap

from rich.style import Style
from rich.text import Text

from mesogun.record import TreatmentState
from mesogun.record.alarms import Alarms
from tui import figures, panels
from tui.about import ABOUT, about
from tui.forms import Form
from tui.keymap import Act, help_lines
from tui.kinds import KINDS
from tui.limitpage import limits
from tui.marks import explained
from tui.palette import Palette
from tui.view import REFUSED, LinkWords, View
from tui.viewed import moved_text


def page(name: str, view: View, alarms: Alarms, keys: Mapping[str, Act], palette: Palette, width: int) -> Text:
    """One page by name: ``log``, ``orders``, ``alarms``, ``gun``, ``about`` or ``help``."""
    if name == "log":
        return _titled("Orders, notes and shots on record, newest first", _log(view, palette, width), palette)
    if name == "orders":
        return _titled("Orders", _orders(keys, palette, width), palette)
    if name == "alarms":
        return _titled("Alarms", _alarms(alarms, palette), palette)
    if name == "gun":
        return _titled("Gun, link, limits, agent and zones", _gun(view, palette, width), palette)
    if name == "about":
        return _titled("About", about(palette), palette)
    return _titled("Keys", _help(keys, palette, width), palette)


def _titled(title: str, body: Text, palette: Palette) -> Text:
    return Text.assemble((f"{title}\n\n", f"bold {palette.accent}"), body, ("\n\nEsc closes this page.", palette.quiet))


def _log(view: View, palette: Palette, width: int) -> Text:
    """Corrected places, notes and orders first, because a refused order is easily missed; then the shots, whole."""
    text = Text()
    for remark in reversed(view.remarks):
        text.append(f"{hanging(remark, 2, width)}\n", palette.warn if remark.startswith(REFUSED) else palette.text)
    earlier = [words for words in map(moved_text, view.moves) if words not in view.remarks]
    for words in reversed(earlier):
        text.append(f"{hanging(words, 2, width)}\n", palette.text)
    if text:
        text.append("\n")
    for number, shot in enumerate(reversed(view.last)):
        row = panels.shot_row(shot, palette, width, newest=number == 0, zone=True, whole=True)
        text.append_text(row).append("\n")
    if not view.last:
        text.append("no shot on record yet", palette.quiet)
    return text


def _alarms(alarms: Alarms, palette: Palette) -> Text:
    text = Text()
    for alarm in alarms.ordered():
        text.append(f" {alarm.priority.mark:<3} {alarm.priority.name} ", panels.alarm_style(alarm, palette))
        text.append(f" {alarm.text}", f"bold {palette.text}")
        text.append(f"  {alarm.stage.value}\n", palette.quiet)
        text.append(f"     {alarm.condition.cause}\n", palette.quiet)
        text.append(f"     {alarm.condition.action}\n\n", palette.text)
    if not alarms.alarms:
        text.append("No alarm.\n", palette.good)
    text.append(f"\n{ABOUT}", palette.quiet)
    return text


def _gun(view: View, palette: Palette, width: int) -> Text:
    text = Text()

    def row(name: str, value: str) -> None:
        text.append(f"{name:<22}", palette.quiet)
        text.append(f"{hanging(value, 22, width)}\n", palette.text)

    row("serial, kind", f"{view.gun_serial or '-'}, {view.gun_kind.lower() or '-'}")
    row("operator", view.operator or "-")
    row("subject", view.subject or "-")
    gun = view.gun
    if gun is None:
        heard = view.source == "LIVE"
        row("gun", "no word from it now" if heard else "this screen does not hear it; what follows is on record")
    else:
        row("state", gun.state + (f", fault {gun.fault}" if gun.fault else ""))
        row("lease left", figures.seconds(gun.lease_left_ms * 1000) if gun.armed else "not armed")
        row("magazine", f"{figures.count(gun.magazine)} shots")
        row("contact force", figures.newtons(gun.contact_mn))
        row("pressure", figures.kilopascal(gun.pressure_pa))
        row("syringe", f"{figures.at_least(gun.syringe_left_nl)} of {figures.given(view.syringe_nl)}")
        row("battery", figures.volts(gun.battery_mv))
    if view.last:
        last = view.last[-1]
        row(
            "last shot",
            f"{figures.millimetres(last.depth_um)} deep, {figures.kilopascal(last.peak_pressure_pa)} at most",
        )
    if view.next_depth_um is not None:
        row("next shot", f"{figures.millimetres(view.next_depth_um)} deep")
    row("primed away", figures.at_most(view.prime_high_nl))
    if view.link is not None:
        _link(view.link, row)
    text.append("\n")
    return text.append_text(limits(view, palette, width))


def _link(link: LinkWords, row: Callable[[str, str], None]) -> None:
    if link.round_trip_us is not None and link.worst_us is not None:
        slowest = figures.milliseconds(link.worst_us)
        row("link, round trip", f"{figures.milliseconds(link.round_trip_us)}, slowest {slowest}")
    row("requests", f"{figures.count(link.requests)}, {figures.count(link.resends)} sent again")
    row("damaged frames", figures.count(link.damaged))
    if link.lease_margin_ms is not None:
        row("lease at last renewal", figures.seconds(link.lease_margin_ms * 1000))


def _orders(keys: Mapping[str, Act], palette: Palette, width: int) -> Text:
    """What can be ordered of the runner, each by its key or by the mouse."""
    text = Text("Press its key, with or without this page. STOP and pause work everywhere.\n\n", palette.quiet)
    for name, names, words in help_lines(keys):
        if name in KINDS:
            text.append(f"{names:<3}", clickable(f"app.act('{name}')", palette))
            text.append(f"{hanging(words, 3, width)}\n", palette.text)
    return text


def _help(keys: Mapping[str, Act], palette: Palette, width: int) -> Text:
    text = Text()
    for name, names, words in help_lines(keys):
        text.append(f"{names:<13}", clickable(f"app.act('{name}')", palette))
        text.append(f"{hanging(words, 13, width)}\n", palette.text)
    text.append("\nMap          ", palette.quiet)
    text.append(f"{hanging(explained(), 13, width)}\n", palette.text)
    text.append(f"\n{ABOUT}", palette.quiet)
    return text


def hanging(words: str, indent: int, width: int) -> str:
    """``words`` in lines of ``width`` less ``indent``, all but the first indented."""
    return ("\n" + " " * indent).join(wrap(words, max(20, width - indent)))


def question(what: str, text: str, palette: Palette, more: Sequence[str] = ()) -> Text:
    """A question with what it means; ``more`` is what to do, line by line."""
    meaning = {
        "arm": "After yes, the trigger on the gun fires. Hold the gun in place first.",
        "rearm": "The gun was disarmed. After yes, the trigger fires again.",
        "prime": "After yes, the trigger primes the needle. Hold the gun AWAY from the skin.",
        "lot": "After no, name the other lot and its expiry. What has expired is refused.",
        "fault": "After yes, the fault is cleared. e leaves, with the treatment open.",
        "finish": "After yes the treatment is closed. Not yet: r gives a point again, with a reason.",
        "leave": "mesogun treat --resume goes on with it, or ends it, once the cause is removed.",
        "end": "What is in the magazine is taken back; nothing more can be given in this treatment.",
    }
    title = {
        "arm": "ARM",
        "rearm": "ARM AGAIN",
        "prime": "PRIME",
        "syringe": "SYRINGE",
        "change": "CHANGE THE SYRINGE",
        "fault": "FAULT",
        "end": "END",
        "lot": "LOT",
        "finish": "ALL GIVEN",
    }
    lines = [(line, palette.text) for line in more]
    if what in meaning:
        lines.append((meaning[what], palette.quiet))
    found = Text.assemble(
        (f"{title.get(what, what.upper())}  ", f"bold {palette.accent}"), (text, f"bold {palette.text}")
    )
    for line, style in lines:
        found.append(f"\n{line}", style)
    return found


def arm_words(state: TreatmentState) -> str:
    """The question before arming, by what is loaded; empty when nothing is, so that nothing is claimed."""
    count = len(state.open_entries)
    if not count:
        return ""
    priming = primes(state)
    shots = f"{count} {'priming ' if priming else ''}shot{'s' if count > 1 else ''}"
    return f"Arm the gun{' for priming' if priming else ''}? Its magazine holds {shots}."


def primes(state: TreatmentState) -> bool:
    """Whether what is loaded only primes the needle."""
    return any(entry.shot_kind == "PRIME" for entry in state.open_entries.values())


def form(form: Form, palette: Palette, *, waiting: bool) -> Text:
    """An order being put together; ``waiting`` while the gun is not yet at rest for words."""
    text = Text.assemble(
        (f"{form.kind.title}  ", f"bold {palette.accent}"),
        (f"{form.prompt}\n", f"bold {palette.text}"),
        (form.kind.meaning, palette.quiet),
    )
    if waiting:
        text.append("\nwaiting until the gun has disarmed; letters come after that", palette.text)
    elif form.entered:
        text.append(f"\n{form.entered}", f"bold {palette.text}")
    if form.pad and not waiting:
        text.append("\n")
        for number, (key, drawn) in enumerate(form.pad):
            text.append(("\n" if " " in drawn else "  ") if number else "")
            text.append(drawn, clickable(f"app.type('{key}')", palette))
    if form.writing and not waiting:
        text.append("\nThe gun is disarmed: s is a letter here, Ctrl+C still stops.", palette.quiet)
    if form.fault:
        text.append(f"\n{form.fault}", f"bold {palette.medium}")
    return text


def clickable(action: str, palette: Palette) -> Style:
    """A style that does ``action`` when it is clicked."""
    return Style.parse(f"bold {palette.accent}") + Style(meta={"@click": action})
