"""The `vae` command line; it does not import TensorFlow."""
