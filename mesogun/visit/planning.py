"""From a protocol, an area and numbers to a plan: the same for every command and for the wizard.

Not responsible for the planner itself (``mesogun.plan``), for options, or for asking.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesogun.errors import InputError, Refused
from mesogun.units import um_from_mm

if TYPE_CHECKING:
    from mesogun.limits import SiteLimits
    from mesogun.protocol import Protocol

STEP_NL = 100


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a person says about a plan; ``None`` leaves it to the protocol."""

    depth_mm: float | None = None
    spacing_mm: float | None = None
    volume_ul: float | None = None
    total_ml: float | None = None
    points: int | None = None
    zone_total: tuple[tuple[str, int], ...] = ()
    zone_spacing: tuple[tuple[str, int], ...] = ()
    head: str | None = None
    lattice: str | None = None
    margin_mm: float = 0.0
    exclusion_margin_mm: float = 0.0
    relax_edges: bool = False
    order: str | None = None
    operator_side: int | None = None
    start_at: tuple[int, int] | None = None
    end_at: tuple[int, int] | None = None
    values: Path | None = None
    school: str | None = None


def find_protocol(name: str) -> Protocol:
    """A bundled protocol by its id, or a file by its path."""
    from mesogun.protocol import bundled, bundled_names, load

    if name in bundled_names():
        return bundled(name)
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        return load(path)
    raise InputError(
        f"there is no protocol {name!r}: mesogun protocol list names the bundled ones, or give a .toml file"
    )


def read_area(name: str, units: str | None = None) -> Any:
    """An area file, or a bundled example area by its name; ``units`` for files that do not say theirs."""
    from mesogun.area import example, examples, read

    if name in examples():
        return example(name)
    return read(Path(name), units=units)


def of_plausible_size(area: Any, protocol: Any) -> None:
    """Refuse an area whose size is plausible for none of the places that the protocol is for, where those are known."""
    from mesogun.area.plausible import SHARES, check_site

    known = [site for name in protocol.areas for site in (name, name.removesuffix("s")) if site in SHARES]
    if known:
        check_site(area, max(known, key=lambda site: SHARES[site]))


def of_school(protocol: Any, options: PlanOptions) -> Any:
    """The protocol with the numbers of the school that was named, where it leaves them open."""
    from mesogun.protocol import with_school

    return protocol if options.school is None else with_school(protocol, options.school)


def supplied(protocol: Any, options: PlanOptions, who: str) -> Any:
    """The protocol with the practitioner's numbers in it: from a values file, then from single options."""
    from mesogun.protocol import supply

    values = asked_for(options)
    return supply(protocol, values, source=who, grade="site") if values else protocol


def filled(
    protocol: Any, values: Mapping[str, float], clinic: SiteLimits | None, *, who: str, demonstration: bool
) -> tuple[Any, SiteLimits | None]:
    """The protocol with every number in it, and the limits of the place: the clinic's, with the demonstration's.

    ``values`` are the practitioner's (``asked_for``), ``who`` is the practitioner; demonstration values fill the rest
    where they are wanted, which a gun that is not simulated will be refused for.
    """
    from mesogun.limits.tables import joined
    from mesogun.protocol import supply

    if demonstration:
        protocol, shown, _ = demonstrated(protocol, values)
        clinic = joined(clinic, shown)
    return (supply(protocol, values, source=who, grade="site") if values else protocol), clinic


def asked_for(options: PlanOptions) -> dict[str, float]:
    """The protocol's numbers that options and values file give, by their dotted keys."""
    values: dict[str, float] = {} if options.values is None else read_values(options.values)
    for key, value in (
        ("shot.depth_mm", options.depth_mm),
        ("shot.spacing_mm", options.spacing_mm),
        ("shot.volume_ul", options.volume_ul),
        ("shot.total_ml", options.total_ml),
    ):
        if value is not None:
            values[key] = value
    return values


def read_values(path: Path) -> dict[str, float]:
    """The numbers of a values file: a flat TOML table of dotted keys, ``"shot.depth_mm" = 1.2``."""
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: not TOML ({error})") from error
    bad = [key for key, value in table.items() if isinstance(value, bool) or not isinstance(value, int | float)]
    if bad:
        raise InputError(f'{path}: {", ".join(bad)} must be a number, as in "shot.depth_mm" = 1.2')
    return {key: float(value) for key, value in table.items()}


def build_plan(
    protocol: Any,
    area: Any,
    options: PlanOptions,
    *,
    step_nl: int,
    syringe_nl: int,
    prime_nl: int,
    residual_nl: int,
    dead_volume_nl: int = 0,
) -> Any:
    """A plan for this area within the protocol's ranges."""
    from mesogun.plan import make_plan, request_from_protocol

    if not protocol.metered:
        raise Refused(protocol.refusal)
    of_plausible_size(area, protocol)
    for name in ("margin_mm", "exclusion_margin_mm"):
        if getattr(options, name) < 0:
            told = name.replace("_", "-")
            raise InputError(
                f"--{told} {getattr(options, name):g}: a margin is 0 or more; negative would reach outside"
            )
    chosen: dict[str, Any] = {
        "order": options.order,
        "points": options.points,
        "operator_mdeg": options.operator_side,
        "start_um": options.start_at,
        "end_um": options.end_at,
    }
    if options.operator_side is not None and options.order is None:
        chosen["order"] = "comfort"
    request = request_from_protocol(
        protocol,
        step_nl=step_nl,
        syringe_nl=syringe_nl,
        head=options.head,
        lattice=options.lattice,  # type: ignore[arg-type]  # click has checked it
        prime_nl=prime_nl,
        residual_nl=residual_nl,
        dead_volume_nl=dead_volume_nl,
        margin_um=um_from_mm(options.margin_mm),
        exclusion_margin_um=um_from_mm(options.exclusion_margin_mm),
        zone_totals_nl=options.zone_total,
        zone_spacings_um=options.zone_spacing,
        relax_edges=options.relax_edges,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    return make_plan(area, request)


def step_for(gun_step_nl: int) -> int:
    """The smallest multiple of the gun's step that is at least ``STEP_NL``: finer steps than that mean nothing."""
    return -(-STEP_NL // gun_step_nl) * gun_step_nl


def demonstrated(protocol: Any, own: Collection[str] = ()) -> tuple[Any, Any, tuple[str, ...]]:
    """The protocol with the bundled demonstration values in it, the demonstration limits, and what was filled in.

    ``own`` are the keys that the practitioner gives: nothing is filled in for them, nor beside a school's own range.
    """
    from mesogun.limits import bundled_demonstration
    from mesogun.protocol import supply

    shown = bundled_demonstration()
    known = {key: quantity.bounds() for key, quantity in protocol.quantities()}
    values = {
        key: value
        for key, value in shown.values.get(protocol.id, {}).items()
        if key not in own and ((span := known.get(key)) is None or span[0] <= value <= span[1])
    }
    notes = tuple(f"{key} = {value:g}" for key, value in values.items())
    filled = supply(protocol, values, source=shown.label, grade="demo") if values else protocol
    return filled, shown.site(), notes


PROFILES = {"line-5": "five-pin-body", "3x3": "nine-pin"}
"""Simulated guns for the heads of the bundled protocols; every other head is a single needle there."""


def gun_profile_for(protocol: Any) -> str:
    """The simulated gun that has the head which the protocol asks for."""
    return PROFILES.get(protocol.head, "standard")
