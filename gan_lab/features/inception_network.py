"""The layers of FID's Inception-v3, named as in PyTorch's state."""

SIZE, CLASSES = 299, 1008

# A branch is a chain of steps: a pool by its name; a convolution as a row of name,
# channels, kernel and stride where it is not 1; a list of those side by side.


def _a(pool):
    return (
        (("branch1x1", 64, 1),),
        (("branch5x5_1", 48, 1), ("branch5x5_2", 64, 5)),
        (
            ("branch3x3dbl_1", 64, 1),
            ("branch3x3dbl_2", 96, 3),
            ("branch3x3dbl_3", 96, 3),
        ),
        ("average", ("branch_pool", pool, 1)),
    )


def _c(inner):
    return (
        (("branch1x1", 192, 1),),
        (
            ("branch7x7_1", inner, 1),
            ("branch7x7_2", inner, (1, 7)),
            ("branch7x7_3", 192, (7, 1)),
        ),
        (
            ("branch7x7dbl_1", inner, 1),
            ("branch7x7dbl_2", inner, (7, 1)),
            ("branch7x7dbl_3", inner, (1, 7)),
            ("branch7x7dbl_4", inner, (7, 1)),
            ("branch7x7dbl_5", 192, (1, 7)),
        ),
        ("average", ("branch_pool", 192, 1)),
    )


def _e(pool):
    return (
        (("branch1x1", 320, 1),),
        (
            ("branch3x3_1", 384, 1),
            [("branch3x3_2a", 384, (1, 3)), ("branch3x3_2b", 384, (3, 1))],
        ),
        (
            ("branch3x3dbl_1", 448, 1),
            ("branch3x3dbl_2", 384, 3),
            [("branch3x3dbl_3a", 384, (1, 3)), ("branch3x3dbl_3b", 384, (3, 1))],
        ),
        (pool, ("branch_pool", 192, 1)),
    )


_B = (
    (("branch3x3", 384, 3, 2),),
    (
        ("branch3x3dbl_1", 64, 1),
        ("branch3x3dbl_2", 96, 3),
        ("branch3x3dbl_3", 96, 3, 2),
    ),
    ("half",),
)
_D = (
    (("branch3x3_1", 192, 1), ("branch3x3_2", 320, 3, 2)),
    (
        ("branch7x7x3_1", 192, 1),
        ("branch7x7x3_2", 192, (1, 7)),
        ("branch7x7x3_3", 192, (7, 1)),
        ("branch7x7x3_4", 192, 3, 2),
    ),
    ("half",),
)
_BLOCKS = {
    "Mixed_5b": _a(32),
    "Mixed_5c": _a(64),
    "Mixed_5d": _a(64),
    "Mixed_6a": _B,
    "Mixed_6b": _c(128),
    "Mixed_6c": _c(160),
    "Mixed_6d": _c(160),
    "Mixed_6e": _c(192),
    "Mixed_7a": _D,
    "Mixed_7b": _e("average"),
    # A slip of the first implementation, which every published FID has since.
    "Mixed_7c": _e("max"),
}


def build():
    """A `keras.Model` from images to features and probabilities, not yet filled."""
    import keras
    from keras import layers

    def convolution(x, name, channels, kernel, stride=1, padding="same"):
        padding = padding if stride == 1 else "valid"
        x = layers.Conv2D(
            channels,
            kernel,
            strides=stride,
            padding=padding,
            use_bias=False,
            name=f"{name}.conv",
            dtype="float32",
        )(x)
        norm = f"{name}.bn"
        x = layers.BatchNormalization(epsilon=1e-3, name=norm, dtype="float32")(x)
        return layers.ReLU(name=f"{name}.relu", dtype="float32")(x)

    def pool(x, name, kind):
        if kind == "half":
            return layers.MaxPooling2D(3, 2, name=name, dtype="float32")(x)
        # Either leaves out what is padded: an average is of the pixels that are there.
        pooling = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}[kind]
        return pooling(3, 1, padding="same", name=name, dtype="float32")(x)

    def join(parts, name):
        return layers.Concatenate(name=name, dtype="float32")(parts)

    def step(x, name, what):
        if isinstance(what, str):
            return pool(x, f"{name}.{what}", what)
        if isinstance(what, list):
            parts = [step(x, name, each) for each in what]
            return join(parts, f"{name}.{what[0][0]}.join")
        return convolution(x, f"{name}.{what[0]}", *what[1:])

    def branch(x, name, steps):
        for what in steps:
            x = step(x, name, what)
        return x

    image = x = layers.Input((SIZE, SIZE, 3), dtype="float32", name="image")
    x = convolution(x, "Conv2d_1a_3x3", 32, 3, stride=2)
    x = convolution(x, "Conv2d_2a_3x3", 32, 3, padding="valid")
    x = convolution(x, "Conv2d_2b_3x3", 64, 3)
    x = pool(x, "pool_1", "half")
    x = convolution(x, "Conv2d_3b_1x1", 80, 1, padding="valid")
    x = convolution(x, "Conv2d_4a_3x3", 192, 3, padding="valid")
    x = pool(x, "pool_2", "half")
    for name, branches in _BLOCKS.items():
        x = join([branch(x, name, steps) for steps in branches], name)
    features = layers.GlobalAveragePooling2D(name="features", dtype="float32")(x)
    classes = layers.Dense(CLASSES, use_bias=False, name="fc", dtype="float32")(
        features
    )
    probabilities = layers.Softmax(name="probabilities", dtype="float32")(classes)
    return keras.Model(image, [features, probabilities], name="inception")
