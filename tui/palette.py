"""The four themes as data, and the arithmetic that proves that they can be read.

Contrast is WCAG 2.x relative luminance; every pair a screen uses is listed in ``PAIRS`` and tested. Not responsible for
style sheets (``dashboard.tcss``) or for the dose map's colour scale (``scale``).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme, ``#rrggbb``. ``*_on`` is the text colour on the background of the same name."""

    name: str
    dark: bool
    surface: str
    panel: str
    text: str
    quiet: str
    line: str
    accent: str
    accent_on: str
    good: str
    warn: str
    bad: str
    high: str
    high_on: str
    medium: str
    medium_on: str
    low: str
    low_on: str
    calm: str
    calm_on: str
    outside: str
    inside: str
    outline: str
    next_mark: str


DARK = Palette(
    name="meso-dark", dark=True,
    surface="#0e1418", panel="#151d23", text="#e8eef2", quiet="#93a4b1", line="#2d3b46",
    accent="#7cc7e8", accent_on="#06222f", good="#7fd6a4", warn="#ffd34d", bad="#ff8f8f",
    high="#c8102e", high_on="#ffffff", medium="#ffd600", medium_on="#000000", low="#00e5ff", low_on="#000000",
    calm="#151d23", calm_on="#93a4b1",
    outside="#0e1418", inside="#1c262d", outline="#6f8694", next_mark="#ffffff",
)  # fmt: skip
LIGHT = Palette(
    name="meso-light", dark=False,
    surface="#f7f9fa", panel="#ffffff", text="#10181d", quiet="#4d5c67", line="#c3cdd4",
    accent="#0b5f86", accent_on="#ffffff", good="#0b6b3a", warn="#7a5200", bad="#a80f22",
    high="#c8102e", high_on="#ffffff", medium="#ffd600", medium_on="#000000", low="#00e5ff", low_on="#000000",
    calm="#e9eef1", calm_on="#4d5c67",
    outside="#f7f9fa", inside="#dfe6ea", outline="#51626e", next_mark="#10181d",
)  # fmt: skip
CONTRAST = Palette(
    name="meso-contrast", dark=True,
    surface="#000000", panel="#000000", text="#ffffff", quiet="#e0e0e0", line="#737373",
    accent="#ffff00", accent_on="#000000", good="#7dffb0", warn="#ffe14d", bad="#ffb0b0",
    high="#c8102e", high_on="#ffffff", medium="#ffd600", medium_on="#000000", low="#00e5ff", low_on="#000000",
    calm="#000000", calm_on="#ffffff",
    outside="#000000", inside="#1a1a1a", outline="#ffffff", next_mark="#ffffff",
)  # fmt: skip
MONO = Palette(
    name="meso-mono", dark=True,
    surface="#000000", panel="#000000", text="#ffffff", quiet="#ffffff", line="#000000",
    accent="#ffffff", accent_on="#000000", good="#ffffff", warn="#ffffff", bad="#ffffff",
    high="#ffffff", high_on="#000000", medium="#ffffff", medium_on="#000000", low="#000000", low_on="#ffffff",
    calm="#000000", calm_on="#ffffff",
    outside="#000000", inside="#000000", outline="#ffffff", next_mark="#ffffff",
)  # fmt: skip

PALETTES: dict[str, Palette] = {palette.name: palette for palette in (DARK, LIGHT, CONTRAST, MONO)}

PAIRS: tuple[tuple[str, str, float], ...] = (
    ("text", "surface", 7.0),
    ("text", "panel", 7.0),
    ("quiet", "surface", 4.5),
    ("quiet", "panel", 4.5),
    ("text", "line", 4.5),
    ("accent", "surface", 4.5),
    ("accent", "panel", 4.5),
    ("accent_on", "accent", 4.5),
    ("good", "panel", 4.5),
    ("warn", "panel", 4.5),
    ("bad", "panel", 4.5),
    ("high_on", "high", 4.5),
    ("medium_on", "medium", 4.5),
    ("low_on", "low", 4.5),
    ("calm_on", "calm", 4.5),
    ("outline", "inside", 3.0),
    ("outline", "outside", 3.0),
)
"""(text, background, least contrast): 7 where a dose is read, 4.5 for other text, 3 for lines (WCAG 1.4)."""


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three bytes."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def linear(byte: int) -> float:
    """Linear light of one byte of sRGB, 0 to 1."""
    share = byte / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=1024)
def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.x."""
    red, green, blue = (linear(byte) for byte in rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def variables(palette: Palette) -> dict[str, str]:
    """Style-sheet variables ``$meso-...`` of one theme."""
    return {
        f"meso-{field.name.replace('_', '-')}": getattr(palette, field.name)
        for field in fields(palette)
        if field.name not in {"name", "dark"}
    }
