"""Dashboard of one session, live or finished."""
