"""The library of treatment protocols, as text: one TOML file per protocol, and the tables that they share.

Not responsible for reading TOML, checking it or judging it: that is ``mesogun.protocol``. Imports nothing of mesogun.
Names that begin with ``_`` are shared tables (``_bibliography``), not protocols.
"""

from __future__ import annotations

from importlib.resources import files

SUFFIX = ".toml"


def names() -> tuple[str, ...]:
    """Ids of the bundled protocols, sorted."""
    return tuple(name for name in _all() if not name.startswith("_"))


def read(name: str) -> str:
    """The text of a bundled protocol or shared table; ``KeyError`` if there is none of that name."""
    if name not in _all():
        raise KeyError(name)
    return (files(__name__) / f"{name}{SUFFIX}").read_bytes().decode("utf-8")


def _all() -> tuple[str, ...]:
    entries = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(SUFFIX) for name in entries if name.endswith(SUFFIX)))
