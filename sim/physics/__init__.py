"""What moves and what flows: profiles, the fluid path in closed form. Knows nothing of firmware or host."""
