"""The doctor: rows of a table in, findings out."""
