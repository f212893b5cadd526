"""mesogun.protocol"""
