"""The arithmetic of calibration: a balance read, a volume found, an uncertainty stated, a correction fitted.

Pure: bytes and numbers in, values out. Not responsible for ports, guns, journals or pages.
"""
