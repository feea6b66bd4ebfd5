"""Operations of augmentations: pure functions of images and of numbers drawn."""
