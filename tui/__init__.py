"""The terminal application and the `vae` command; nothing in here imports TensorFlow."""

DISTRIBUTION = "vae-workbench"
"""By this `vae` knows that no other package was installed over this one."""
