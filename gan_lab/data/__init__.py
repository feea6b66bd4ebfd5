"""Data: sources of pictures, their preparation, and the order in which a run sees
them."""
