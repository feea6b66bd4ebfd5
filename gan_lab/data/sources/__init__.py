"""Sources of data: where images and points come from, one source a file."""
