"""Sweeps: the list, the screen of one, and texts shared with the command line."""
