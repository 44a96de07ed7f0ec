"""The terminal application and the `vae` command; nothing in here imports TensorFlow."""

DISTRIBUTION = "vae-workbench"
"""Lets `vae` detect that another package called `tui` was installed over this one."""
