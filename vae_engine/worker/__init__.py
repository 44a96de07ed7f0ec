"""The training worker: one detached process for one session."""
