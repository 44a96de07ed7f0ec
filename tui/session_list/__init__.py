"""List of all sessions, and comparison of several."""
