"""Sessions for TensorBoard: exported afterwards, or written during training."""
