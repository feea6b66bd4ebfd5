"""A group of parts that the registry does not know: a row, a room and a YAML."""
