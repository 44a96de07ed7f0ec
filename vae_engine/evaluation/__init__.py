"""Evaluation of a session's exported model on the test split, without TensorFlow."""
