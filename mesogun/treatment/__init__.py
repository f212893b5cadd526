"""mesogun.treatment"""
