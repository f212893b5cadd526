"""The script of a calibration: everything that is decided before the first shot, as a strict TOML file.

Who calibrates which gun with what, the conditions, the volumes, how often, which shots count, how evaporation is
found, which limits decide and by which rule. Nothing here has a hidden default that enters a result: what a result
rests on stands in the file, with its source, and the whole file goes into the journal.

Not responsible for the order of steps (``steps``) or for what the numbers lead to (``results``).
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, get_type_hints

from mesogun.errors import InputError

FORMAT = 1
EVAPORATION = ("blanks", "regression")
RULES = ("guarded", "simple")
OUTLIERS = ("none", "grubbs")


@dataclass(frozen=True, slots=True)
class Head:
    """Who, what and with what; free text that a certificate repeats.

    ``syringe_ul`` and ``needles`` must be those of the gun. ``valid_d``: for so many days the gun may treat on this
    calibration; the certificate names the day only where the interval was agreed with somebody (ISO/IEC 17025,
    7.8.4.3).
    """

    laboratory: str
    address: str
    customer: str
    customer_address: str
    item_condition: str
    method: str
    location: str
    syringe: str
    syringe_ul: float
    needle: str
    needles: int
    valid_d: int
    balance_certificate: str
    weights: str
    water: str
    thermometer: str
    barometer: str
    interval_agreed_with: str = ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """The environment with standard uncertainties; refused outside of the range of Z when it is used."""

    water_c: float
    air_c: float
    pressure_kpa: float
    humidity_pct: float
    u_temperature_c: float
    u_pressure_kpa: float
    u_humidity_pct: float
    source: str


@dataclass(frozen=True, slots=True)
class Uncertainties:
    """What no weighing of this run can tell: standard uncertainties of everything else, each with its source."""

    balance_mg: float
    weight_g_per_ml: float
    water_factor: float
    expansion_per_c: float
    u_expansion_per_c: float
    source: str


@dataclass(frozen=True, slots=True)
class Series:
    """The shots: ``volumes_ul`` are weighed in turn, so that no two neighbours share a setting."""

    volumes_ul: tuple[float, ...]
    replicates: int
    as_left_replicates: int
    blanks: int
    group: int = 1
    rates_per_min: tuple[float, ...] = ()
    rate_replicates: int = 0
    start_up: int = 0
    rest_s: float = 0.0
    after_reversal: int = 0
    last_before_empty: int = 0
    per_needle: int = 0
    evaporation: str = "blanks"
    stream: int = 5
    outliers: str = "none"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Largest permissible errors in per cent of the setting, one for each volume, and the rule that decides."""

    systematic_pct: tuple[float, ...]
    random_pct: tuple[float, ...]
    rule: str
    source: str


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script; ``text`` is the file itself.

    ``arm``: whether the script stands for the technician's word to arm, in a run that nobody is asked in.
    """

    head: Head
    conditions: Conditions
    uncertainties: Uncertainties
    series: Series
    acceptance: Acceptance
    text: str = field(repr=False)
    arm: bool = False

    @property
    def sha256(self) -> str:
        """Hex digest of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


_SECTIONS: Mapping[str, type] = {
    "head": Head,
    "conditions": Conditions,
    "uncertainties": Uncertainties,
    "series": Series,
    "acceptance": Acceptance,
}


def parse(text: str, name: str = "script") -> Script:
    """Read a script.

    Raises
    ------
    InputError
        With every fault of the file at once: a key that is missing, unknown, of the wrong type or out of range.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: not TOML: {error}") from None
    faults: list[str] = []
    if document.pop("format", None) != FORMAT:
        faults.append(f"format must be {FORMAT}")
    arm = document.pop("arm", False)
    if not isinstance(arm, bool):
        faults.append("arm is not true or false")
    made = {
        section: _section(section, kind, document.pop(section, None), faults) for section, kind in _SECTIONS.items()
    }
    faults += [f"[{key}] is not a section of a calibration script" for key in document]
    if not faults:
        script = Script(**made, text=text, arm=arm)
        faults = _contradictions(script)
        if not faults:
            return script
    raise InputError(f"{name}: {'; '.join(faults)}")


def _section(name: str, kind: type, table: Any, faults: list[str]) -> Any:
    if not isinstance(table, dict):
        faults.append(f"[{name}] is missing")
        return None
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    table = dict(table)
    for place in fields(kind):
        if place.name not in table:
            if place.default is not MISSING:
                continue
            faults.append(f"{name}.{place.name} is missing")
            continue
        value = section_value(table.pop(place.name), hints[place.name])
        if value is None:
            faults.append(f"{name}.{place.name} is not {_WORDS[hints[place.name]]}")
        values[place.name] = value
    faults += [f"{name}.{key} is not known" for key in table]
    return None if faults else kind(**values)


_WORDS: Mapping[Any, str] = {
    str: "a text that says something",
    int: "a whole number, 0 or more",
    float: "a finite number",
    tuple[float, ...]: "a list of finite numbers",
}


def section_value(given: Any, kind: Any) -> Any:
    """A value of a TOML section in the type that its place has, or ``None`` if it is none of that type."""
    if kind is str:
        return given if isinstance(given, str) and given.strip() and given.isprintable() else None
    if isinstance(given, bool):
        return None
    if kind is int:
        return given if isinstance(given, int) and given >= 0 else None
    if kind is float:
        return float(given) if isinstance(given, int | float) and math.isfinite(given) else None
    if not isinstance(given, list):
        return None
    items = [section_value(item, float) for item in given]
    return None if None in items else tuple(items)


def _contradictions(script: Script) -> list[str]:
    series, limits = script.series, script.acceptance
    faults = [
        f"{section}.{name} must be {needs}"
        for section, name, good, needs in (
            ("series", "volumes_ul", len(series.volumes_ul) >= 3, "three volumes or more, to show a bend"),
            ("series", "volumes_ul", len(set(series.volumes_ul)) == len(series.volumes_ul), "different volumes"),
            ("series", "volumes_ul", all(volume > 0 for volume in series.volumes_ul), "above 0"),
            ("series", "rates_per_min", all(rate > 0 for rate in series.rates_per_min), "above 0"),
            ("series", "replicates", series.replicates >= 4, "4 or more, for a spread that means anything"),
            ("series", "blanks", series.blanks >= 2 or series.evaporation == "regression", "2 or more"),
            ("series", "group", series.group >= 1, "1 or more"),
            ("series", "evaporation", series.evaporation in EVAPORATION, " or ".join(EVAPORATION)),
            ("series", "stream", series.stream >= 3, "3 readings or more on each side"),
            ("series", "outliers", series.outliers in OUTLIERS, " or ".join(OUTLIERS)),
            ("series", "rest_s", 0.0 <= series.rest_s <= 3600.0, "0 to 3600"),
            ("head", "valid_d", script.head.valid_d >= 1, "1 or more"),
            ("head", "needles", script.head.needles >= 1, "1 or more"),
            ("acceptance", "rule", limits.rule in RULES, " or ".join(RULES)),
        )
        if not good
    ]
    for name in ("systematic_pct", "random_pct"):
        given = getattr(limits, name)
        if len(given) != len(series.volumes_ul) or not all(value > 0 for value in given):
            faults.append(f"acceptance.{name} needs one limit above 0 for each of the {len(series.volumes_ul)} volumes")
    for section in (script.conditions, script.uncertainties):
        faults += [
            f"{place.name} is {value:g}; an uncertainty is 0 or more"
            for place in fields(section)
            if place.name.startswith(("u_", "balance_mg")) and (value := getattr(section, place.name)) < 0
        ]
    return faults
