"""Reviews of finished or running runs."""
