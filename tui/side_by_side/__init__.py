"""Several sessions side by side: the same images, the same z, the same epoch."""
