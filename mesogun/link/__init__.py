"""One open connection to a gun: ports by URL, requests with deadlines, STOP from any thread.

Not responsible for what the messages are (``mesogun.wire``) or what to do with a gun (``mesogun.gun``).
"""

from mesogun.link.connection import Link
from mesogun.link.ports import open_port, schemes
from mesogun.link.stats import LinkStats
from mesogun.link.transport import Transport

__all__ = ["Link", "LinkStats", "Transport", "open_port", "schemes"]
