"""mesogun.wire"""
