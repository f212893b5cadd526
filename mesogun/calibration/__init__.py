"""mesogun.calibration"""
