"""mesogun.report"""
