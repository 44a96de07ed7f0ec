"""Form for a new session or sweep, with its expected duration."""
