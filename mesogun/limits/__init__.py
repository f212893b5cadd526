"""mesogun.limits"""
