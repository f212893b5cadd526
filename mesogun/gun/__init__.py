"""mesogun.gun"""
