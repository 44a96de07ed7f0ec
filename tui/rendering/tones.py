"""How many curves differ in colour; imports nothing, as the first frame needs it."""

HUES = 6
"""Number of colours that distinguish curves, also for colour-blind readers; more are dashed."""
