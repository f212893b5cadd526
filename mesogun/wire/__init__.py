"""MG1, the bytes between host and gun: message table, frames, tags. Pure: no port, no clock.

Not responsible for ports (``mesogun.link``) or for what a gun does with a message (the firmware, ``docs/wire.md``).
"""

from mesogun.wire import auth, codes, frame, messages, schema

__all__ = ["auth", "codes", "frame", "messages", "schema"]
