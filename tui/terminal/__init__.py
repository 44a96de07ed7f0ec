"""The terminal: what it can do, what is read from it and written to it, and when it goes away."""
