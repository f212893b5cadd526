"""The driver: a typed gun on top of a link.

Not responsible for treatments, records or what an operator decides.
"""

from mesogun.gun.driver import Gun, connect
from mesogun.gun.keys import key_source

__all__ = ["Gun", "connect", "key_source"]
