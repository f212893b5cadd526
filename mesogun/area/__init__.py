"""mesogun.area"""
