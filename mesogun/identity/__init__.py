"""mesogun.identity"""
