"""The arithmetic of networks and rounds, counted from their layers.

What is counted are the products of kernels: in dense layers, and in convolutions and
transposed ones of any rank, stride, padding, dilation and number of groups. A
multiplication and the addition that follows it are two operations. A kernel is counted
in full where it hangs over an edge, as is usual. Left out is what touches each value a
few times: biases, activations, normalisation, dropout, losses, and the optimisers.

The gradient of such a product with respect to its kernel costs as much as the product,
and so does that with respect to its input.
"""

import math
from dataclasses import dataclass

FLAT = {"linear", "relu", "leaky_relu", "relu6"}  # second derivative 0
CURVED = ("Norm", "ELU", "Softmax")


@dataclass(frozen=True)
class Work:
    """Floating-point operations that one sample costs in a network or layer.

    Attributes:
        forward: of a pass; of the gradient with respect to the inputs, too.
        weights: of the gradient with respect to the weights that are trained.
        between: of carrying that gradient down to the lowest of these weights.
        above: of carrying the gradient of a slope up to the highest of them.
        bent: of carrying it down again, from the highest layer that has a second
            derivative: an activation that is not piecewise linear, a normalisation.
        curved: whether there is such a layer.
        uncounted: names of layers whose kernels nobody here knows how to count.
    """

    forward: int = 0
    weights: int = 0
    between: int = 0
    above: int = 0
    bent: int = 0
    curved: bool = False
    uncounted: tuple[str, ...] = ()

    @property
    def backward(self) -> int:
        """Operations of the gradient of a loss with respect to the weights."""
        return self.weights + self.between

    @property
    def trained(self) -> int:
        """Operations of a pass and that gradient; the first layer needs no such."""
        return self.forward + self.backward

    @property
    def slopes(self) -> int:
        """Operations of a penalty on the slopes of a network, and its gradient.

        A pass, back to the inputs, and the gradient of both: with respect to the
        weights, upwards, and, where there are second derivatives, down once more.
        TensorFlow goes down in any case, with zeros; that is not counted.
        """
        return 2 * self.forward + self.weights + self.above + self.bent


def of_network(network) -> Work:
    """The operations that a sample costs in a Keras model.

    Args:
        network: functional or sequential; what is in another kind is not counted.
    """
    graph = getattr(network, "_functional", None) or network  # of a Sequential
    depths = getattr(graph, "_nodes_by_depth", None)
    if not depths:
        return Work(uncounted=(type(network).__name__,))
    nodes = [n for d in sorted(depths, reverse=True) for n in depths[d]]
    works = [_of_node(node) for node in nodes]
    ways = [(_ids(n.input_tensors), _ids(n.outputs)) for n in nodes]
    trained = [work.weights > 0 for work in works]
    below, over = _after(ways, trained), _before(ways, trained)
    bent = _before(ways, [work.curved for work in works])
    return Work(
        forward=sum(work.forward for work in works),
        weights=sum(work.weights for work in works),
        between=sum(map(_between, works, below)),
        above=sum(map(_above, works, over)),
        bent=sum(map(_bent, works, bent, below)),
        curved=any(work.curved for work in works),
        uncounted=tuple(name for work in works for name in work.uncounted),
    )


def of_round(gan, batch: int) -> int | None:
    """Floating-point operations of a round.

    Args:
        gan: a `GAN`.
        batch: images of one discriminator update.

    Returns:
        None where a layer or the step cannot be counted.
    """
    count = getattr(gan.step, "operations", None)
    generator, discriminator = map(of_network, (gan.generator, gan.discriminator))
    if not count or generator.uncounted or discriminator.uncounted:
        return None
    loss = gan.objective
    penalty = loss.penalty.slopes * discriminator.slopes if loss.penalty else 0
    passes = sum(term.passes for term in loss.terms)
    beside = penalty + passes * discriminator.trained
    compared = [True] if loss.compares else []  # steps of users may not know it
    return batch * count(generator, discriminator, beside, *compared)


def _of_node(node) -> Work:
    layer = _unwrapped(node.operation)
    if hasattr(layer, "layers"):  # a model in a model
        return of_network(layer)
    given, made = (t[0].shape if t else () for t in (node.input_tensors, node.outputs))
    forward = _of_layer(layer, given, made)
    trainable = bool(getattr(layer, "trainable_weights", ()))
    weights, curved = forward if forward and trainable else 0, _is_curved(layer)
    return Work(
        forward=forward or 0,
        weights=weights,
        bent=curved * weights,  # its activation comes after its kernel
        curved=curved,
        uncounted=() if forward is not None else (layer.name,),
    )


def _unwrapped(layer):
    """The layer whose kernel is divided by its norm, which depends on no sample."""
    from keras import layers

    return layer.layer if isinstance(layer, layers.SpectralNormalization) else layer


def _of_layer(layer, given: tuple, made: tuple) -> int | None:
    """Operations of a layer; None where it has kernels of a kind that is not known."""
    from keras import layers

    kernels = [w.shape for w in getattr(layer, "weights", ()) if len(w.shape) > 1]
    if not kernels:
        return 0
    kind = type(layer)
    if kind is layers.Dense:
        places = given[1:-1]
    elif kind in (
        layers.Conv1DTranspose,
        layers.Conv2DTranspose,
        layers.Conv3DTranspose,
    ):
        places = _places(given, layer)
    elif kind in (
        layers.Conv1D,
        layers.Conv2D,
        layers.Conv3D,
        layers.DepthwiseConv1D,
        layers.DepthwiseConv2D,
        layers.SeparableConv1D,
        layers.SeparableConv2D,
    ):
        places = _places(made, layer)
    else:
        return None
    if None in places:
        return None
    return 2 * sum(map(math.prod, kernels)) * math.prod(places)


def _places(shape: tuple, layer) -> tuple:
    """Height and width, or what there is in their place."""
    return shape[1:-1] if layer.data_format == "channels_last" else shape[2:]


def _is_curved(layer) -> bool:
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    named = type(layer).__name__
    return activation not in FLAT or any(part in named for part in CURVED)


def _ids(tensors) -> list[int]:
    return [id(tensor) for tensor in tensors]


def _after(ways: list[tuple], marked: list[bool]) -> list[bool]:
    """A flag for each node, in order: does a marked one come before it?"""
    reached: set[int] = set()
    found: list[bool] = []
    for (given, made), own in zip(ways, marked, strict=True):
        found.append(not reached.isdisjoint(given))
        if own or found[-1]:
            reached.update(made)
    return found


def _before(ways: list[tuple], marked: list[bool]) -> list[bool]:
    """A flag for each node, in order: does a marked one come after it?"""
    return _after([way[::-1] for way in ways[::-1]], marked[::-1])[::-1]


def _between(work: Work, below: bool) -> int:
    return work.forward if below else work.between


def _above(work: Work, over: bool) -> int:
    return work.forward if over else work.above


def _bent(work: Work, bent: bool, below: bool) -> int:
    if not bent and not work.bent:
        return 0
    return (work.weights if bent else work.bent) + _between(work, below)
