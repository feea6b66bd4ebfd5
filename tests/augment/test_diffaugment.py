"""DiffAugment, by its operations."""

import numpy as np
import pytest
from keras import ops

from gan_lab.augment.operations import policy
from gan_lab.errors import UsageError
from tests.augment.adjoint import require_adjoint
from tests.augment.test_augment import array, built, pictures, seeded

IMAGES = pictures((32, 24, 3))
HALF = ops.full((4,), 0.5)
U = ops.convert_to_tensor([0.0, 0.3, 0.6, 0.999])
V = ops.convert_to_tensor([0.9, 0.0, 0.45, 0.1])


def test_the_middle_of_each_range_changes_nothing():
    assert np.allclose(array(policy.color(IMAGES, HALF, HALF, HALF)), IMAGES, atol=1e-6)
    assert np.array_equal(array(policy.translation(IMAGES, HALF, HALF)), IMAGES)


def test_colour_is_brightness_then_saturation_then_contrast():
    x = array(IMAGES)
    b, s, c = (array(n)[:, None, None, None] for n in (U, V, U[::-1]))
    x = x + (b - 0.5)
    x = (x - x.mean(3, keepdims=True)) * (2 * s) + x.mean(3, keepdims=True)
    whole = x.mean((1, 2, 3), keepdims=True)
    x = (x - whole) * (c + 0.5) + whole
    assert np.allclose(array(policy.color(IMAGES, U, V, U[::-1])), x, atol=1e-5)


def test_a_shift_moves_pixels_down_and_right_and_brings_zeros():
    down, right = ([4, -4, 1, 0], [-3, 3, 0, 2])
    moved = policy.shifted(IMAGES, *map(ops.convert_to_tensor, (down, right)))
    for image, was, y, x in zip(array(moved), array(IMAGES), down, right, strict=True):
        wide = np.pad(was, ((4, 4), (3, 3), (0, 0)))
        assert np.array_equal(image, wide[4 - y : 36 - y, 3 - x : 27 - x])


def test_a_shift_keeps_the_sum_of_an_image_with_a_border_of_zeros():
    inner = np.pad(array(IMAGES)[:, 4:28, 3:21], ((0, 0), (4, 4), (3, 3), (0, 0)))
    moved = array(policy.translation(ops.convert_to_tensor(inner), U, V))
    assert np.allclose(moved.sum((1, 2, 3)), inner.sum((1, 2, 3)), atol=1e-3)
    assert not np.array_equal(moved, inner)


@pytest.mark.parametrize("size, reach", [(28, 4), (32, 4), (64, 8), (20, 3)])
def test_shifts_reach_an_eighth_of_a_side_both_ways(size, reach):
    u = ops.convert_to_tensor(np.linspace(0, 1, 1000, endpoint=False, dtype="float32"))
    shifts, counts = np.unique(array(policy._shift(u, size)), return_counts=True)
    assert shifts.tolist() == list(range(-reach, reach + 1))
    assert np.ptp(counts) <= 1


@pytest.mark.parametrize("size, least, most", [(32, 8, 16), (28, 7, 14), (9, 3, 5)])
def test_the_hole_is_half_a_side_or_what_is_inside_of_it(size, least, most):
    u = ops.convert_to_tensor(np.linspace(0, 1, 1000, endpoint=False, dtype="float32"))
    wide = array(policy._hole(u, size)).sum(1)
    assert (wide.min(), wide.max()) == (least, most)
    images = ops.ones((1000, size, size, 1))
    zeros = array(policy.cutout(images, u, u) == 0).sum((1, 2, 3))
    assert np.array_equal(zeros, wide**2)


@pytest.mark.parametrize("operation", [policy.translation, policy.cutout])
def test_the_gradient_of_a_change_of_place_is_its_adjoint(operation):
    require_adjoint(lambda images: operation(images, U, V), (32, 24, 3))


def test_saturation_leaves_grey_as_it_is():
    grey = pictures((16, 16, 1))
    assert np.allclose(array(policy.color(grey, HALF, U, HALF)), grey, atol=1e-6)


def test_operations_are_applied_in_the_order_of_the_policy():
    one = built("diffaugment", policy=["cutout", "color"])
    other = built("diffaugment", policy=["color", "cutout"])
    zeros = [
        array(x.apply(pictures(), seeded()) == 0).any((1, 2, 3)) for x in (one, other)
    ]
    assert not zeros[0].any() and zeros[1].all()


@pytest.mark.parametrize(
    "policy, sentence",
    [
        (["colour"], "no `colour`. Did you mean `color`? Known: color, translation, "),
        ([], "must name one or more operations, each once. Received: nothing."),
        (["cutout", "cutout"], "each once. Received: cutout, cutout."),
    ],
)
def test_a_policy_that_says_nothing_or_what_there_is_not_is_refused(policy, sentence):
    with pytest.raises(UsageError) as refused:
        built("diffaugment", policy=policy)
    assert sentence in str(refused.value)
