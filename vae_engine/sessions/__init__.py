"""The session folder: the only channel between worker and viewers. No TensorFlow here."""
