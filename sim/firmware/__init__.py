"""The gun's firmware: memory, state table, sessions, shots. It shares no belief with any host."""
