"""Batch normalisation by TensorFlow's own kernel, in two passes over memory.

Keras computes it from separate means, differences and products, a pass each.
"""

import keras
import tensorflow as tf

from gan_lab.backend.tensorflow.devices import mean_over_replicas

LEAST_EPSILON = 1.001e-5  # of cuDNN


def fused(model):
    """A model whose batch normalisation of images is one operation, where that can be.

    Args:
        model: of Keras. Layers and weights are shared with it.
    """
    if type(model).__name__ not in ("Sequential", "Functional"):
        return model  # with a `call` of its own
    return keras.models.clone_model(model, clone_function=_fused)


def _fused(layer):
    return Fused(layer) if _fits(layer) else layer


def _fits(layer) -> bool:
    return (
        type(layer) is keras.layers.BatchNormalization
        and layer.built
        and layer.input_spec.ndim == 4
        and layer.axis in (-1, 3)
        and layer.center
        and layer.scale
        and not layer.renorm
        and layer.variable_dtype == "float32"  # as the kernel has it
        and layer.epsilon >= LEAST_EPSILON
    )


class Fused(keras.layers.Layer):
    """Batch normalisation in training, in one operation.

    The moving variance is that of the batch, as Keras has it; the kernel returns
    an unbiased estimate.

    Args:
        layer: `keras.layers.BatchNormalization`, built; what it does in inference is
            left to it.

    Input: `(batch, height, width, channels)`; so is the output.
    """

    def __init__(self, layer):
        super().__init__(name=layer.name, dtype=layer.dtype_policy)
        self.layer, self.supports_masking = layer, True

    def call(self, images, training=None, mask=None):
        layer = self.layer
        if mask is not None or not (training and layer.trainable):
            return layer(images, training=training, mask=mask)
        normalise = _over_replicas if layer.synchronized else _in_one_operation
        outputs, mean, variance = normalise(images, layer)
        _move(layer.moving_mean, mean, layer.momentum)
        _move(layer.moving_variance, variance, layer.momentum)
        return outputs


def _in_one_operation(images, layer) -> tuple:
    """Normalised images, and the mean and the variance of the batch."""
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=images,
        scale=layer.gamma.value,
        offset=layer.beta.value,
        mean=tf.zeros([0]),  # no statistics but those of the batch
        variance=tf.zeros([0]),
        epsilon=layer.epsilon,
    )
    count = tf.cast(tf.reduce_prod(tf.shape(images)[:-1]), tf.float32)
    return outputs, mean, variance * (1.0 - 1.0 / count)


def _over_replicas(images, layer) -> tuple:
    """The same for the batch of all replicas, which meet once and not three times."""
    x = tf.cast(images, tf.float32)
    moments = tf.stack([tf.reduce_mean(x, (0, 1, 2)), tf.reduce_mean(x**2, (0, 1, 2))])
    mean, squares = tf.unstack(mean_over_replicas(moments))
    variance = tf.maximum(squares - mean**2, 0.0)
    scale = layer.gamma.value * tf.math.rsqrt(variance + layer.epsilon)
    outputs = x * scale + (layer.beta.value - mean * scale)
    return tf.cast(outputs, images.dtype), mean, variance


def _move(average, value, momentum: float) -> None:
    average.assign(average * momentum + value * (1.0 - momentum))
