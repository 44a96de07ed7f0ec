"""The `vae` command, for people on ssh and for scripts; it starts without TensorFlow."""
