"""mesogun.plan"""
