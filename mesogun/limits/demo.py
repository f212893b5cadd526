"""Demonstration values: numbers that no source gives, for the simulated gun and nothing else.

Everything filled in here has grade ``demo``, and ``clear`` refuses that grade on any gun that is not simulated.
Not responsible for marking screens and pages: ``Clearance.demonstration`` tells them to.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from mesogun.limits.tables import Day, SiteLimit, SiteLimits
from mesogun.protocol import Protocol, supply
from mesogun.protocol.load import parse_model
from mesogun.protocol.quantity import Key, Number, Strict, Text


class Demonstration(Strict):
    """The file ``examples/demo-values.toml``."""

    format: Literal[1]
    label: Text
    set_on: Day
    values: dict[Key, dict[str, Number]] = Field(default_factory=dict)
    limit: tuple[SiteLimit, ...] = ()

    @model_validator(mode="after")
    def _marked(self) -> Self:
        for limit in self.limit:
            if limit.grade != "demo":
                raise ValueError(f"limit of {limit.agent} {limit.kind}: grade must be demo here, not {limit.grade}")
        return self

    def fill(self, protocol: Protocol) -> Protocol:
        """The protocol with this file's numbers; unchanged where the file has none for it."""
        values = self.values.get(protocol.id, {})
        return supply(protocol, values, source=self.label, grade="demo") if values else protocol

    def site(self) -> SiteLimits:
        """The limits of this file, as a clinic's file would set them."""
        return SiteLimits(format=1, set_by=self.label, set_on=self.set_on, limit=self.limit)


def parse_demonstration(text: str, name: str) -> Demonstration:
    """Demonstration values of a file; ``InputError`` with every fault."""
    return parse_model(text, name, Demonstration)


@cache
def bundled_demonstration() -> Demonstration:
    """The demonstration values that ship with the library, the same bytes as ``examples/demo-values.toml``."""
    import protocols

    return parse_demonstration(protocols.read("_demo-values"), "demo-values.toml")
