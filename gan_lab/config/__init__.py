"""The configuration: what may be said, composed, checked and kept."""
