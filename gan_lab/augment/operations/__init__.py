"""What augmentations are made of: pure functions of images and what was drawn."""
