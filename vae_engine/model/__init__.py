"""The networks and the objective, in TensorFlow/Keras."""
