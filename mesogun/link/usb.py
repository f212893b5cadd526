"""Which serial ports this computer has, and what USB says about them. Opens nothing, writes nothing.

Not responsible for what stands behind a port (``mesogun.gun.discover``).
"""

from __future__ import annotations

from dataclasses import dataclass

PRODUCT = "mesogun"
"""A gun with USB begins its product text with this word (docs/wire.md, section 11)."""


@dataclass(frozen=True, slots=True)
class PortInfo:
    """One serial port; texts are empty and ids ``None`` where the system does not know."""

    device: str
    product: str = ""
    manufacturer: str = ""
    serial: str = ""
    vid: int | None = None
    pid: int | None = None

    @property
    def says_gun(self) -> bool:
        """Whether the port's own USB identity says that it is a mesogun: only then may anybody write to it unasked."""
        return self.product.lower().startswith(PRODUCT)

    @property
    def identity(self) -> str:
        """What USB says, in one line."""
        ids = (
            f"USB {self.vid:04x}:{self.pid:04x}" if self.vid is not None and self.pid is not None else "no USB identity"
        )
        names = " ".join(part for part in (self.manufacturer, self.product) if part)
        return f"{ids} {names}".strip()


def list_ports() -> tuple[PortInfo, ...]:
    """Every serial port of this computer, by name."""
    from serial.tools.list_ports import comports

    found = [
        PortInfo(
            device=port.device,
            product=port.product or "",
            manufacturer=port.manufacturer or "",
            serial=port.serial_number or "",
            vid=port.vid,
            pid=port.pid,
        )
        for port in comports()
    ]
    return tuple(sorted(found, key=lambda port: port.device))
