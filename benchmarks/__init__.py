"""Figures, side by side in one run: ``make bench``. Ratios matter; the machine is printed with them."""
