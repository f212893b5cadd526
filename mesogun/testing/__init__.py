"""mesogun.testing"""
