"""Operations on sessions and sweeps, shared by command line, app and Python API.

All possible checks run before a process starts, and a failed start leaves nothing behind. Calls may
take seconds; none imports TensorFlow.
"""
