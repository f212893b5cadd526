"""Device profiles: what a simulated gun is made of, as validated TOML with a unit, a source and a grade per number.

Grades: ``A`` measured or standardised, ``B`` derived from such, ``C`` assumption. Not responsible for the laws
(``sim.physics.fluid``). No profile describes a commercial device.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from mesogun.errors import InputError
from sim.physics.contradictions import contradictions
from sim.physics.fields import FIELDS, Field

NL_PER_M3 = 1e12
PA_PER_KPA = 1e3


@dataclass(frozen=True, slots=True)
class Profile:
    """One virtual gun; ``values`` holds every number of :data:`sim.physics.fields.FIELDS` by ``section.name``."""

    name: str
    title: str
    values: dict[str, float]
    sources: dict[str, tuple[str, str]]
    mode: str = "single"
    depth: str = "motorised"

    def __getitem__(self, key: str) -> float:
        return self.values[key]

    def integer(self, key: str) -> int:
        """A value that is a count or an integer unit."""
        return round(self.values[key])

    def changed(self, **changes: float) -> Profile:
        """The same gun with other numbers, checked again; dots in keys are written as double underscores."""
        values = self.values | {key.replace("__", "."): float(value) for key, value in changes.items()}
        check(self.name, values)
        return replace(self, values=values)

    @property
    def bore_area_mm2(self) -> float:
        """Cross-section of the syringe barrel."""
        return math.pi * self.values["syringe.bore_mm"] ** 2 / 4

    @property
    def microstep_nl(self) -> float:
        """Volume of one microstep of the lead screw."""
        return self.bore_area_mm2 * self.values["screw.lead_mm"] / self.values["screw.microsteps_per_rev"] * 1e3

    @property
    def backlash_nl(self) -> float:
        """Play of the screw, as volume."""
        return self.bore_area_mm2 * self.values["screw.backlash_um"]

    @property
    def give_nl_per_n(self) -> float:
        """How far the drive gives under a force, as volume at the piston."""
        return self.bore_area_mm2 / self.values["screw.stiffness_n_per_mm"] * 1e3

    @property
    def dead_band_nl(self) -> float:
        """How much less the piston goes than the screw, turning back: the play, and friction both ways."""
        return self.backlash_nl + self.give_nl_per_n * (self.values["stopper.glide_n"] + self.values["stopper.fresh_n"])

    @property
    def creep_nl(self) -> float:
        """How much further the screw is ahead at the most when it creeps than in a stroke."""
        return self.give_nl_per_n * (self.values["stopper.fresh_n"] - self.values["stopper.glide_n"])

    @property
    def stick_nl(self) -> float:
        """How far the screw goes at the most, in a stroke behind another, before the stopper breaks loose."""
        return self.give_nl_per_n * (self.values["stopper.break_loose_n"] - self.values["stopper.glide_n"])

    @property
    def compliance_nl_per_kpa(self) -> float:
        """Stored volume per pressure."""
        return self.values["syringe.compliance_ul_per_bar"] * 10.0

    def viscosity_factor(self, temperature_c: float) -> float:
        """Viscosity at another temperature, relative to the profile's own: mu = mu0 exp(k (T - T0)).

        ``fluid.viscosity_per_k`` is k, about -0.02 per kelvin for water near 20 degC (Kestin, Sokolov and Wakeham
        1978, doi 10.1063/1.555581, give 1.002 mPa s at 20 degC and 0.890 at 25 degC: k = -0.024).
        """
        return math.exp(self.values["fluid.viscosity_per_k"] * (temperature_c - self.values["fluid.temperature_c"]))

    def needle_kpa_s_per_nl(self, viscosity_factor: float = 1.0) -> float:
        """Resistance of one needle: Hagen-Poiseuille, 128 mu L / (pi d^4)."""
        mu_pa_s = self.values["fluid.viscosity_mpa_s"] * 1e-3 * viscosity_factor
        length_m = self.values["needle.length_mm"] * 1e-3
        bore_m = self.values["needle.bore_mm"] * 1e-3
        return 128 * mu_pa_s * length_m / (math.pi * bore_m**4) / NL_PER_M3 / PA_PER_KPA

    @property
    def tau_s(self) -> float:
        """Time constant of the whole head in air."""
        return self.needle_kpa_s_per_nl() / self.values["needle.count"] * self.compliance_nl_per_kpa


def names() -> tuple[str, ...]:
    """The bundled profiles."""
    folder = resources.files("sim.physics") / "profiles"
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def load(name: str) -> Profile:
    """A bundled profile by name, or a file of one's own (``head.toml``); ``InputError`` names what exists."""
    if name.endswith(".toml"):
        try:
            return parse(Path(name).read_text(encoding="utf-8"), name)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"profile {name}: cannot be read ({error})") from None
    known = names()
    if name not in known:
        raise InputError(
            f"there is no simulated gun called {name!r}; known profiles: {', '.join(known)}; or name a .toml file"
        )
    text = (resources.files("sim.physics") / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
    return parse(text, name)


def parse(text: str, name: str) -> Profile:
    """Read a profile; every fault is listed in one ``InputError``."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"profile {name}: not TOML: {error}") from None
    faults: list[str] = []
    values: dict[str, float] = {}
    sources: dict[str, tuple[str, str]] = {}
    head = document.pop("gun", {})
    for key, field in FIELDS.items():
        section, _, leaf = key.partition(".")
        entry = document.get(section, {}).pop(leaf, None) if isinstance(document.get(section), dict) else None
        if entry is None:
            faults.append(f"{key} is missing (unit {field.unit})")
        else:
            _read(key, field, entry, values, sources, faults)
    for section, rest in document.items():
        if isinstance(rest, dict):
            faults += [f"{section}.{leaf} is not a known value" for leaf in rest]
        else:
            faults.append(f"{section} = {rest!r} is not a table, [{section}]")
    told = _head(head, faults)
    if faults:
        raise InputError(f"profile {name}: {'; '.join(faults)}")
    check(name, values)
    return Profile(name, told.get("title", name), values, sources, told["mode"], told["depth"])


MODES = ("single", "burst", "continuous")
DEPTHS = ("motorised", "manual")
CHOICES = {"mode": MODES, "depth": DEPTHS}


def _head(head: Any, faults: list[str]) -> dict[str, str]:
    """What ``[gun]`` says; a mode and a depth that are not given are the first of their kind."""
    told = {key: allowed[0] for key, allowed in CHOICES.items()}
    if not isinstance(head, dict):
        faults.append(f"gun = {head!r} is not a table, [gun]")
        return told
    for key, value in head.items():
        if key not in {"title", *CHOICES}:
            faults.append(f"gun.{key} is not a known value; known: title, {', '.join(CHOICES)}")
        elif key in CHOICES and value not in CHOICES[key]:
            faults.append(f"gun.{key} {value!r} is none of {', '.join(CHOICES[key])}")
        elif not isinstance(value, str) or not value.strip():
            faults.append(f"gun.{key} = {value!r} is not a text")
        else:
            told[key] = value
    return told


def _read(
    key: str,
    field: Field,
    entry: Any,
    values: dict[str, float],
    sources: dict[str, tuple[str, str]],
    faults: list[str],
) -> None:
    if not isinstance(entry, dict) or set(entry) != {"value", "unit", "source", "grade"}:
        faults.append(f"{key} needs value, unit, source and grade")
        return
    if entry["unit"] != field.unit:
        faults.append(f"{key} is in {entry['unit']!r}, must be in {field.unit!r}")
    if entry["grade"] not in {"A", "B", "C"}:
        faults.append(f"{key} has grade {entry['grade']!r}, must be A, B or C")
    if not str(entry["source"]).strip():
        faults.append(f"{key} has no source")
    if isinstance(entry["value"], bool) or not isinstance(entry["value"], int | float):
        faults.append(f"{key} = {entry['value']!r} is not a number")
        return
    values[key] = float(entry["value"])
    sources[key] = (str(entry["source"]), str(entry["grade"]))


def check(name: str, values: dict[str, float]) -> None:
    """Refuse numbers that no gun can have, and statements that contradict each other."""
    faults = [
        f"{key} = {values[key]:g} {field.unit} is outside {field.low:g} to {field.high:g}"
        for key, field in FIELDS.items()
        if not (math.isfinite(values[key]) and field.low <= values[key] <= field.high)
    ]
    faults += [
        f"{key} = {values[key]:g} must be a whole number"
        for key, field in FIELDS.items()
        if field.whole and math.isfinite(values[key]) and values[key] != int(values[key])
    ]
    if all(math.isfinite(value) for value in values.values()):
        faults += contradictions(values)
    if faults:
        raise InputError(f"profile {name}: {'; '.join(faults)}")
