"""Sweeps as the app and the command line plan them and tell of them."""
