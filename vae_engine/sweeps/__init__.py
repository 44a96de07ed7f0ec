"""Grids of settings, each trained as an ordinary session, and what comes out by setting."""
