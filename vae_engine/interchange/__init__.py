"""Sessions in the forms that other tools read: CSV, TensorBoard."""
