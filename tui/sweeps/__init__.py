"""Sweeps: list screen, sweep screen, and texts shared with the command line."""
