"""The dashboard of one session, live or finished."""
