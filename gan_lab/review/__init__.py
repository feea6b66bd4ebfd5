"""What looks at finished or running runs."""
