"""mesogun.cli"""
