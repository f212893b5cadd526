"""How a dashboard looks: theme, flashing, bell, keys; what the environment says wins over what was remembered.

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


@dataclass(frozen=True, slots=True)
class Look:
    """What can be chosen.

    ``picture`` saves a picture's text and says where it is; ``themed`` is told which theme somebody chose, and
    remembers it.
    """

    theme: str = "meso-dark"
    flash: bool = True
    bell: bool = True
    characters: bool | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    picture: Callable[[str], str] | None = None
    themed: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        if self.theme not in PALETTES:
            raise InputError(f"theme: {self.theme!r} is unknown; known are {', '.join(PALETTES)}")


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
    return Look(
        theme=theme,
        flash=chosen.flash and not steady,
        bell=chosen.bell and not env.get("MESOGUN_NO_BELL"),
        characters=chosen.characters,
        keys=chosen.keys,
        picture=_saver(file.parent / "pictures") if file is not None else None,
        themed=(lambda name: remember(file, replace(chosen, theme=name))) if file is not None else None,
    )


def remember(file: Path, chosen: Look) -> None:
    """Write theme, flashing, bell and keys for the next time."""
    data = {"theme": chosen.theme, "flash": chosen.flash, "bell": chosen.bell, "keys": dict(chosen.keys)}
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
        return Look(theme=data["theme"], flash=data["flash"] is True, bell=data["bell"] is True, keys=keys)
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
