"""mesogun.journal"""
