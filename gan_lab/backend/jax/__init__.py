"""JAX, below `keras.ops`."""
