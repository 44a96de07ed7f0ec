"""One session over several workers: who they are, how they meet, how the loss of one is noticed."""
