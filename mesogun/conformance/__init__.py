"""mesogun.conformance"""
