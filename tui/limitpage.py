"""Every limit with its share, the agent's total, and each zone against the plan, as one text. Pure, like ``panels``.

All shares are of what was given *at most*. No limit of a zone exists, so a zone stands against what the plan gives it.
Not responsible for what the limits are (``mesogun.limits``).
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from textwrap import wrap

from rich.text import Text

from mesogun.units import NL_PER_ML, decimal_text
from tui import figures, panels
from tui.palette import Palette
from tui.view import View

BAR = 24


def limits(view: View, palette: Palette, width: int) -> Text:
    """See the module's docstring."""
    text = Text()
    _head(text, "Limits, by what was given at most", palette)
    text.append(
        f"given {figures.given(view.given_nl)} on record, at most {figures.at_most(view.high_nl)}\n", palette.text
    )
    for limit in view.limits:
        share = view.share(limit)
        style = palette.good if share < 0.9 else palette.warn if share < 1 else palette.bad
        text.append(f"{panels.limit_title(limit)}\n", f"bold {palette.text}")
        text.append("  ").append_text(panels.bar(view, limit.cap_nl, min(BAR, width - 10), style, palette))
        text.append(f" {figures.percent(view.high_nl, limit.cap_nl)}\n", f"bold {style}")
        for line in wrap(limit.told, max(20, width - 2)):
            text.append(f"  {line}\n", palette.quiet)
    if not view.limits:
        text.append("no limit on record\n", palette.bad)
    if view.most_points is not None:
        used = figures.percent(view.shots_done, view.most_points)
        most = figures.count(view.most_points)
        text.append(f"limit of points {most}: {figures.count(view.shots_done)} on record, {used}\n", palette.text)
    _head(text, "\nAgent", palette)
    text.append(f"{agent_text(view)}\n", palette.text)
    _head(text, "\nZones, against the plan", palette)
    for zone in view.zones:
        used = figures.percent(zone.high_nl, zone.planned_nl)
        given, most = figures.given(zone.given_nl), figures.at_most(zone.high_nl)
        text.append(f"{zone.name}", f"bold {palette.text}")
        text.append(f"  {given}, at most {most} of {figures.given(zone.planned_nl)}, {used}", palette.text)
        text.append(f"  {figures.count(zone.done)} of {figures.count(zone.shots)} points\n", palette.quiet)
    return text


def agent_text(view: View) -> str:
    """The agent with its strength, and how much of it was given: in mL, and in its own unit where that is known."""
    name = f"{view.agent or 'not named'}{f', {view.strength}' if view.strength else ''}"
    volume = f"{figures.given(view.given_nl)}, at most {figures.at_most(view.high_nl)}"
    amount = _amount(view)
    return f"{name}: {volume}{f' = at most {amount}' if amount else ''}"


def _amount(view: View) -> str:
    """The most of the agent in its own unit, rounded up at two decimals; empty for what is not counted per mL."""
    number, _, unit = view.strength.partition(" ")
    if not unit.endswith("/mL"):
        return ""
    exact = Decimal(number) * view.high_nl / NL_PER_ML
    shown = exact.quantize(Decimal("0.01"), rounding=ROUND_CEILING)
    return f"{decimal_text(shown)} {unit.removesuffix('/mL')}"


def _head(text: Text, words: str, palette: Palette) -> None:
    text.append(f"{words}\n", f"bold {palette.accent}")
