"""TensorFlow, below `keras.ops`."""
