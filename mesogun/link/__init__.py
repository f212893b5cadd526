"""mesogun.link"""
