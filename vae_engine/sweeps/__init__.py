"""Grids of settings, each trained as an ordinary session, with results per setting."""
