"""Sessions for TensorBoard: exported at once, or written while they train."""
