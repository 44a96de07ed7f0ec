"""The terminal: its capabilities, its input and output, and its loss."""
