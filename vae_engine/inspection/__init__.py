"""Inspect single images with a model: images of a split, or your own."""
