"""The list of all sessions, and the comparison of some."""
