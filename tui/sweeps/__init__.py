"""Sweeps: the list, the screen of one, and what the command line tells of them too."""
