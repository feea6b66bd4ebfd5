"""The metrics: a file each. What a signature says is the protocol of its scores."""
