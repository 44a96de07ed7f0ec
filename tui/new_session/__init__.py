"""The form for a new session or sweep, and how long it will take."""
