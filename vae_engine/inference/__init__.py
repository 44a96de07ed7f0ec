"""Sampling, reconstructing and embedding from exported models, without TensorFlow."""
