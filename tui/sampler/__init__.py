"""Sampler: draws from the prior, paths between samples, map of the latent space."""
