"""Models: pairs of a generator and a discriminator, one family a file."""
