"""What people do to sessions and sweeps, each once: for command line, app and Python alike.

Everything is checked before a process starts that can be, and what cannot be begun leaves nothing
behind. Calls may take seconds; none imports TensorFlow.
"""
