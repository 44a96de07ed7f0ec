"""Priors to draw z from: the standard one, and a mixture fitted after training."""
