"""The pytest plug-in: fixtures ``sim_gun``, ``sim_world``, ``gun``, ``sim_gun_server``; options with ``--mesogun``.

Registered as entry point ``mesogun`` of ``pytest11``. Importing it loads nothing heavy: the simulator arrives with the
first fixture that is used. Not responsible for what a test asserts.
"""

from mesogun.testing.world import SimWorld, open_world

__all__ = ["SimWorld", "open_world"]
