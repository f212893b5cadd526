"""Measurements of the dashboard: ``python -m benchmarks.tui``."""
