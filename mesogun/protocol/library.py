"""The bundled protocols as values. Not responsible for their content (``protocols/``)."""

from __future__ import annotations

from functools import cache

from mesogun.errors import InputError
from mesogun.protocol.document import Protocol
from mesogun.protocol.load import parse


def bundled_names() -> tuple[str, ...]:
    """Ids of the bundled protocols, sorted."""
    import protocols

    return protocols.names()


@cache
def bundled(name: str) -> Protocol:
    """A bundled protocol by its id; ``InputError`` names the ids that exist."""
    import protocols

    if name not in protocols.names():
        raise InputError(f"no bundled protocol {name!r}; there are {', '.join(protocols.names())}")
    return parse(protocols.read(name), f"{name}.toml")
