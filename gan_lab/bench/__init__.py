"""The bench: how fast a configuration trains on this machine, and where time goes."""
