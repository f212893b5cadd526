"""mesogun.dose"""
