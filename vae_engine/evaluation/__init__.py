"""What a session's exported model is worth on the test split, without TensorFlow."""
