"""What happens at the ticks of a run, beside training."""
