"""The simulated gun and its world: virtual time, firmware, fluid, hand, cable, faults.

Same seed, same world, to the microsecond and the nanolitre. Not responsible for the host: nothing here but
``sim.campaign`` knows the driver, the treatment or the journal. It validates no medical device.
"""
