"""Calibration: a balance read, a volume found, an uncertainty stated, a correction fitted, written and certified.

The arithmetic is pure: bytes and numbers in, values out. Only ``balance`` opens a port, and only what carries out a run
touches a gun and a journal. Not responsible for the command line or for pages (``mesogun.report``).
"""
