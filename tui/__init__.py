"""The terminal application and the `vae` command; nothing in here imports TensorFlow."""
