"""The keys as data: what a dashboard does, under which key, and in what words Help and the key line say it.

Plain letters only, so that a foot pedal, SSH and tmux deliver them. Every action has an id by which a key can be
remapped. Not responsible for doing anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Flag, auto

from mesogun.errors import InputError


class Where(Flag):
    """Where an action can be used."""

    LIVE = auto()
    WATCH = auto()
    REPLAY = auto()
    ANY = LIVE | WATCH | REPLAY


@dataclass(frozen=True, slots=True)
class Act:
    """One action: ``keys`` in Textual's names, the first is the one shown."""

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    where: Where = Where.ANY
    shown: bool = True
    rank: int = 9
    """Where the line of keys is too narrow for all, the lowest stay."""


ACTS: tuple[Act, ...] = (
    Act("stop", ("s", "S", "ctrl+c"), "STOP", "Stop the gun at once, from any screen. The magazine is emptied.",
        Where.LIVE, rank=0),
    Act("pause", ("space",), "Pause", "Pause: the gun disarms. Once it rests: go on; arming is asked for anew.",
        Where.LIVE, rank=1),
    Act("end", ("e",), "End", "End the treatment here; asks first.", Where.LIVE, rank=2),
    Act("yes", ("y",), "Yes", "Answer the question on the screen with yes.", Where.ANY, shown=False),
    Act("no", ("n",), "No", "Answer the question on the screen with no.", Where.ANY, shown=False),
    Act("close", ("escape",), "Close", "Close what is open: a form, a page, the map. A question: not yet.",
        Where.ANY, shown=False),
    Act("play", ("space",), "Play", "Play or hold the replay.", Where.REPLAY, rank=1),
    Act("faster", ("+", "plus"), "Faster", "Twice the speed.", Where.REPLAY, rank=5),
    Act("slower", ("-", "minus"), "Slower", "Half the speed.", Where.REPLAY, shown=False),
    Act("orders", ("d",), "Orders", "All orders, with their keys: skip, go to, elsewhere, redo, note, hand over, lot.",
        Where.LIVE, rank=5),
    Act("skip", ("k",), "Skip", "Skip the next point, with a reason.", Where.LIVE, shown=False),
    Act("goto", ("j",), "Go to", "Go on with another point, by its number.", Where.LIVE, shown=False),
    Act("moved", ("o",), "Elsewhere", "The last shot went elsewhere: how far, by arrow keys or numbers in mm, and why.",
        Where.LIVE, shown=False),
    Act("redo", ("r",), "Redo", "Give the last point, or one by its number, once more, with a reason.", Where.LIVE,
        shown=False),
    Act("note", ("c",), "Note", "A note for the record. Pauses first, because it takes letters.", Where.LIVE,
        shown=False),
    Act("handover", ("v",), "Hand over", "Another operator goes on, by reference. Pauses first.", Where.LIVE,
        shown=False),
    Act("lot", ("b",), "Lot", "Name the lot and expiry of the syringe in the gun. Pauses first.", Where.LIVE,
        shown=False),
    Act("ack", ("a",), "Seen", "Acknowledge the alarms. What still holds stays.", Where.ANY, rank=8),
    Act("silence", ("x",), "Silence", "No bell for 120 s, or until something new.", Where.ANY, shown=False),
    Act("map", ("m",), "Map", "The dose map on the whole screen; the arrow keys move its cursor.", Where.ANY,
        rank=6),
    Act("closer", ("z",), "Zoom", "The map twice as large, around its cursor or the latest shot; four times; whole.",
        Where.ANY, shown=False),
    Act("log", ("l",), "Shots", "The list of recorded shots, with notes, orders and corrected places.", Where.ANY,
        rank=7),
    Act("alarms", ("w",), "Alarms", "All alarms, with cause and what to do.", Where.ANY, shown=False),
    Act("gun", ("g",), "Gun", "All that the gun has said, the link, every limit, agent and zones.", Where.ANY,
        shown=False),
    Act("about", ("i",), "About", "What this is, and what it is not.", Where.ANY, shown=False),
    Act("tick", ("u",), "Tick", "A tick for each shot: none, one to see, or the bell as well.",
        Where.LIVE | Where.WATCH, shown=False),
    Act("theme", ("t",), "Theme", "Next theme: dark, light, contrast, mono.", Where.ANY, shown=False),
    Act("picture", ("p",), "Picture", "Save a picture of the screen.", Where.ANY, shown=False),
    Act("back", ("left",), "Back", "Ten events back; with the map's cursor on, move it.", Where.ANY, shown=False),
    Act("forward", ("right",), "On", "Ten events on; with the map's cursor on, move it.", Where.ANY, shown=False),
    Act("far_back", ("pageup",), "Far back", "A hundred events back; on a page, one screen up.", Where.ANY,
        shown=False),
    Act("far_on", ("pagedown",), "Far on", "A hundred events on; on a page, one screen down.", Where.ANY,
        shown=False),
    Act("first", ("home",), "First", "The first event of a replay; the top of a page.", Where.ANY, shown=False),
    Act("last", ("end",), "Last", "The last event of a replay; the end of a page.", Where.ANY, shown=False),
    Act("up", ("up",), "Up", "Move the map's cursor, or scroll.", Where.ANY, shown=False),
    Act("down", ("down",), "Down", "Move the map's cursor, or scroll.", Where.ANY, shown=False),
    Act("help", ("?", "question_mark", "h"), "Help", "This list.", Where.ANY, rank=3),
    Act("quit", ("q",), "Quit", "Leave; asks first while a treatment runs.", Where.ANY, rank=4),
)  # fmt: skip
BY_ID: dict[str, Act] = {act.id: act for act in ACTS}


def keymap(where: Where, remap: Mapping[str, str] | None = None) -> dict[str, Act]:
    """Key to action for one kind of dashboard.

    Parameters
    ----------
    where
        The kind of dashboard.
    remap
        Action id to a comma-separated list of keys, in place of the ones above.

    Raises
    ------
    InputError
        For an unknown id, a key given twice, an action left without a key, or STOP without a plain key.
    """
    wanted = dict(remap or {})
    unknown = sorted(set(wanted) - set(BY_ID))
    if unknown:
        raise InputError(f"keys: no action is called {unknown[0]!r}; known are {', '.join(BY_ID)}")
    found: dict[str, Act] = {}
    for act in ACTS:
        if not act.where & where:
            continue
        if act.id in wanted:
            keys = tuple(key.strip() for key in wanted[act.id].split(",") if key.strip())
            if not keys:
                raise InputError(f"keys: {act.id!r} has no key; leave it out to keep {act.keys[0]!r}")
            act = replace(act, keys=keys)  # noqa: PLW2901 -- the remapped action takes the place of the built-in one
        for key in act.keys:
            if key in found:
                raise InputError(f"keys: {key!r} is both {found[key].id!r} and {act.id!r}; give one of them another")
            found[key] = act
    return found


def stop_keys(keys: Mapping[str, Act]) -> frozenset[str]:
    """The keys that stop the gun."""
    return frozenset(key for key, act in keys.items() if act.id == "stop")


_NAMES = {"space": "space", "escape": "Esc", "plus": "+", "minus": "-", "question_mark": "?", "ctrl+c": "Ctrl+C",
          "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End"}  # fmt: skip


def key_text(act: Act) -> str:
    """The first key as people write it."""
    return _NAMES.get(act.keys[0], act.keys[0])


def key_line(
    keys: Mapping[str, Act],
    width: int | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    without: Iterable[str] = (),
) -> tuple[tuple[str, str, str], ...]:
    """(key, label, action id) of the actions on the key line, in the order of the table.

    Parameters
    ----------
    keys
        From ``keymap``.
    width
        Columns; what does not fit is left to Help, the least important first.
    labels
        Action id to another label, while it means something else.
    without
        Action ids that mean nothing now.
    """
    named = dict(labels or {})
    acts = {act.id: act for act in keys.values() if act.shown and act.id not in set(without)}
    line = {name: (key_text(act), named.get(name, act.label), name) for name, act in acts.items()}
    room, kept = width, set[str]()
    for act in sorted(acts.values(), key=lambda act: act.rank):
        key, label, _ = line[act.id]
        if room is not None:
            room -= len(key) + len(label) + (3 if act.id == "stop" else 4)
            if room < 0:
                break
        kept.add(act.id)
    return tuple(line[act.id] for act in ACTS if act.id in kept)


def help_lines(keys: Mapping[str, Act]) -> tuple[tuple[str, str, str], ...]:
    """(action id, keys, what they do) of every action, in the order of the table."""
    acts = {act.id: act for act in keys.values()}
    lines: list[tuple[str, str, str]] = []
    for act in ACTS:
        if act.id in acts:
            names = dict.fromkeys(_NAMES.get(key, key) for key in acts[act.id].keys)
            lines.append((act.id, " ".join(names), acts[act.id].help))
    return tuple(lines)
