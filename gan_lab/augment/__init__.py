"""Augmentations: what stands between an image and the discriminator."""
