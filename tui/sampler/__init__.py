"""The sampler: draws from the prior, paths between samples, and the map of latent space."""
