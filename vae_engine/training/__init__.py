"""Training loop, checkpoints, exports and the results of a run."""
