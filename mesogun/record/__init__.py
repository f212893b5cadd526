"""mesogun.record"""
