"""How a dashboard looks and sounds: theme, flashing, bell, tick, keys.

What the environment says wins over what was remembered.

``NO_COLOR`` gives the mono theme with no colour at all, because grey is colour, and because turning our colours to grey
would make the most urgent banner the palest. Not responsible for drawing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mesogun.errors import InputError
from tui.palette import PALETTES
from tui.ticking import OFF, TICKS


@dataclass(frozen=True, slots=True)
class Look:
    """What can be chosen.

    ``tick`` is a word of ``tui.ticking``. ``picture`` saves a picture's text and says where it is; ``themed`` and
    ``ticked`` are told what somebody chose, and remember it.
    """

    theme: str = "meso-dark"
    flash: bool = True
    bell: bool = True
    characters: bool | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    picture: Callable[[str], str] | None = None
    themed: Callable[[str], None] | None = None
    tick: str = OFF
    ticked: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        if self.theme not in PALETTES:
            raise InputError(f"theme: {self.theme!r} is unknown; known are {', '.join(PALETTES)}")
        if self.tick not in TICKS:
            raise InputError(f"tick: {self.tick!r} is unknown; known are {', '.join(TICKS)}")


def look(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Look:
    """The look from a settings file (JSON) and the environment.

    ``MESOGUN_THEME``, ``MESOGUN_NO_FLASH``, ``MESOGUN_NO_BELL`` and ``NO_COLOR`` are read; ``TEXTUAL_ANIMATIONS=none``
    stops flashing too.

    Raises
    ------
    InputError
        For a file that is not what :func:`remember` writes, or an unknown theme.
    """
    env = os.environ if environment is None else environment
    chosen = _read(file)
    theme = env.get("MESOGUN_THEME", chosen.theme)
    if env.get("NO_COLOR"):
        theme = "meso-mono"
    steady = bool(env.get("MESOGUN_NO_FLASH")) or env.get("TEXTUAL_ANIMATIONS") == "none"
    kept = _Kept(file, chosen) if file is not None else None
    return Look(
        theme=theme,
        flash=chosen.flash and not steady,
        bell=chosen.bell and not env.get("MESOGUN_NO_BELL"),
        characters=chosen.characters,
        keys=chosen.keys,
        picture=_saver(file.parent / "pictures") if file is not None else None,
        themed=kept.theme if kept is not None else None,
        tick=chosen.tick,
        ticked=kept.tick if kept is not None else None,
    )


class _Kept:
    """What is in the file, brought up to date by each choice; what only the environment says never gets there."""

    def __init__(self, file: Path, chosen: Look) -> None:
        self._file = file
        self._chosen = chosen

    def theme(self, name: str) -> None:
        """Somebody chose a theme."""
        self._write(replace(self._chosen, theme=name))

    def tick(self, kind: str) -> None:
        """Somebody chose a tick."""
        self._write(replace(self._chosen, tick=kind))

    def _write(self, chosen: Look) -> None:
        self._chosen = chosen
        remember(self._file, chosen)


def remember(file: Path, chosen: Look) -> None:
    """Write theme, flashing, bell, tick and keys for the next time."""
    data = {"theme": chosen.theme, "flash": chosen.flash, "bell": chosen.bell, "keys": dict(chosen.keys)}
    data["tick"] = chosen.tick
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".new")
    half.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
    half.replace(file)


def _read(file: Path | None) -> Look:
    if file is None or not file.exists():
        return Look()
    try:
        data = json.loads(file.read_text())
        keys = {str(name): str(value) for name, value in data.get("keys", {}).items()}
        flash, bell, tick = data["flash"] is True, data["bell"] is True, data.get("tick", OFF)
        return Look(theme=data["theme"], flash=flash, bell=bell, keys=keys, tick=tick)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"{file}: not a settings file of the dashboard ({error}); delete it to start anew") from error


def _saver(folder: Path) -> Callable[[str], str]:
    def save(picture: str) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        number = 1 + sum(1 for _ in folder.glob("mesogun-*.svg"))
        path = folder / f"mesogun-{number:03d}.svg"
        path.write_text(picture)
        return str(path)

    return save
