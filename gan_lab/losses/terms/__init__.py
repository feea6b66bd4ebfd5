"""Terms of the discriminator's loss, any number of which a run can have."""
