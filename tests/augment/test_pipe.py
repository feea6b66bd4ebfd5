"""ADA's operations: where pixels come from, what becomes of colours, holes."""

import numpy as np
import pytest
from keras import ops

from gan_lab.augment.operations import colour, geometry
from gan_lab.augment.operations.cutout import cut
from gan_lab.augment.operations.resampling import SYMLET, resampled
from gan_lab.augment.pipe import WEIGHTS, Pipe
from gan_lab.errors import UsageError
from tests.augment.adjoint import require_adjoint
from tests.augment.test_augment import array, built, pictures, seeded

SIZE = (20, 16)
YES = ops.convert_to_tensor([True, True, True, True])
NO = ops.logical_not(YES)
U = ops.convert_to_tensor([0.1, 0.3, 0.6, 0.999])
V = ops.convert_to_tensor([0.9, 0.0, 0.45, 0.1])
N = ops.convert_to_tensor([-1.0, 0.2, 0.5, 2.0])
GEOMETRY = {operation.name: operation for operation in geometry.OPERATIONS}
COLOUR = {operation.name: operation for operation in colour.OPERATIONS}


def numbers(operation):
    return [U, V][: operation.uniforms] + [N, -N][: operation.normals]


def by(operation, images, *drawn, happens=YES):
    """Images after one change of place."""
    origin = operation.make(happens, images.shape[1:3], *drawn)
    planes = resampled(ops.transpose(images, (3, 0, 1, 2)), origin)
    return ops.transpose(planes, (1, 2, 3, 0))


def smooth(shape=(20, 16, 3)):
    """Pictures without the detail that a filter could bend."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    waves = [np.sin(0.3 * y + k) + np.cos(0.2 * x + 2 * k) for k in range(4 * shape[2])]
    return (
        np.stack(waves, -1).reshape(*shape[:2], 4, shape[2]).transpose(2, 0, 1, 3) / 2
    )


def numbers_of(*values):
    return ops.convert_to_tensor(np.array(values, "float32"))


@pytest.mark.parametrize("name", GEOMETRY)
def test_what_does_not_happen_leaves_the_image_as_it_is(name):
    images = pictures((*SIZE, 3))
    same = by(GEOMETRY[name], images, *numbers(GEOMETRY[name]), happens=NO)
    assert np.allclose(array(same), images, atol=1e-5)


@pytest.mark.parametrize("name", COLOUR)
def test_what_does_not_happen_leaves_colours_as_they_are(name):
    through = array(COLOUR[name].make(NO, *numbers(COLOUR[name])))
    assert np.allclose(through, np.eye(4)[None], atol=1e-6)


@pytest.mark.parametrize("name", GEOMETRY)
def test_the_gradient_of_a_change_of_place_is_its_adjoint(name):
    operation = GEOMETRY[name]
    drawn = numbers(operation)
    require_adjoint(lambda images: by(operation, images, *drawn), (*SIZE, 2))


def test_all_of_a_pipe_has_its_adjoint_for_a_gradient():
    augment = built("fixed", (*SIZE, 3), p=1.0, pipe=Pipe.bg)
    require_adjoint(lambda images: augment.apply(images, seeded()), (*SIZE, 3))


def test_a_flip_and_quarter_turns_are_those_of_an_array():
    images = smooth((16, 16, 3)).astype("float32")
    flipped = array(by(GEOMETRY["xflip"], images, numbers_of(0.9, 0.1, 0.9, 0.1)))
    expected = np.stack([images[0, :, ::-1], images[1], images[2, :, ::-1], images[3]])
    assert np.abs(flipped - expected)[:, 2:-2, 2:-2].max() < 0.05
    turned = array(by(GEOMETRY["rotate90"], images, numbers_of(0.1, 0.3, 0.6, 0.9)))
    for quarters, (image, was) in enumerate(zip(turned, images, strict=True)):
        wanted = np.rot90(was, -quarters)
        assert np.abs(image - wanted)[2:-2, 2:-2].max() < 0.05, quarters


def test_whole_shifts_move_pixels_and_reflect_what_comes_in():
    images = array(pictures((16, 16, 1)))
    u, v = numbers_of(0.999, 0.0, 0.5, 0.75), numbers_of(0.5, 0.5, 0.0, 0.999)
    moved = array(by(GEOMETRY["xint"], ops.convert_to_tensor(images), u, v))
    shifts = [(2, 0), (-2, 0), (0, -2), (1, 2)]
    for image, was, (x, y) in zip(moved, images, shifts, strict=True):
        wide = np.pad(was[..., 0], 2, "reflect")[2 - y : 18 - y, 2 - x : 18 - x]
        inside = np.s_[3:-3, 3:-3]
        assert np.allclose(image[..., 0][inside], wide[inside], atol=0.05)
    still = np.s_[8:10, 8:10]  # too far from an edge for the filter to reach it
    assert np.allclose(moved[0][still], images[0][8:10, 6:8], atol=1e-5)


def test_turns_scales_and_shifts_are_about_the_middle():
    size = (9, 9)
    turn = array(GEOMETRY["rotate"].make(YES, size, numbers_of(0.75, 0.5, 0.0, 0.625)))
    assert np.allclose(turn[0], [[0, 1, 0], [-1, 0, 0], [0, 0, 1]], atol=1e-6)
    assert np.allclose(turn[1], np.eye(3)) and np.allclose(turn[2][0, 0], -1)
    larger = array(GEOMETRY["scale"].make(YES, size, numbers_of(5, -5, 0, 0)))
    assert np.allclose([np.diag(m)[:2] for m in larger[:2]], [[0.5] * 2, [2.0] * 2])
    wider = array(GEOMETRY["aniso"].make(YES, size, numbers_of(5, 0, 0, 0)))
    assert np.allclose(np.diag(wider[0]), [0.5, 2, 1])
    moved = array(GEOMETRY["xfrac"].make(YES, (8, 16), N, -N))
    assert np.allclose(moved[0], [[1, 0, 2], [0, 1, -1], [0, 0, 1]])


def test_half_of_the_rotations_are_before_the_stretch_and_half_behind():
    for p in (0.0, 0.36, 1.0, 1.5):
        chance = float(geometry.half(ops.convert_to_tensor(p)))
        assert 1 - (1 - chance) ** 2 == pytest.approx(min(p, 1.0), abs=1e-6)


def test_colours_are_mapped_as_the_formulas_say():
    grey = np.full((3, 3), 1 / 3)
    turn = array(COLOUR["hue"].make(YES, numbers_of(5 / 6, 0.5, 0.0, 0.5)))
    # A third of a turn about the grey axis takes red to green to blue.
    assert np.allclose(turn[0][:3, :3], np.roll(np.eye(3), 1, axis=0), atol=1e-6)
    flip = array(COLOUR["lumaflip"].make(YES, numbers_of(0.9, 0.1, 0.9, 0.1)))
    assert np.allclose(flip[0][:3, :3], np.eye(3) - 2 * grey)
    assert np.allclose(flip[1], np.eye(4))
    full = array(COLOUR["saturation"].make(YES, numbers_of(1, -1, 0, 0)))
    assert np.allclose(full[0][:3, :3], grey + 2 * (np.eye(3) - grey), atol=1e-6)
    assert np.allclose(full[1][:3, :3], grey + 0.5 * (np.eye(3) - grey), atol=1e-6)
    light = array(COLOUR["brightness"].make(YES, N))
    assert np.allclose(light[:, :3, 3], 0.2 * array(N)[:, None])
    more = array(COLOUR["contrast"].make(YES, numbers_of(2, -2, 0, 0)))
    assert np.allclose(more[0], np.diag([2, 2, 2, 1]))
    assert np.allclose(more[1], np.diag([0.5, 0.5, 0.5, 1]))


def test_colours_of_grey_pictures_are_the_mean_of_what_they_are_in_colour():
    grey = pictures((8, 8, 1))
    through = colour.brightness(YES, N)
    for one in (colour.contrast(YES, -N), colour.lumaflip(YES, V), colour.hue(YES, U)):
        through = ops.matmul(one, through)
    one = ops.transpose(grey, (3, 0, 1, 2))
    three = array(colour.mapped(ops.repeat(one, 3, axis=0), through))
    assert np.allclose(array(colour.mapped(one, through))[0], three.mean(0), atol=1e-5)


def test_a_hole_is_half_of_each_side_or_what_is_inside_of_it():
    planes = ops.ones((1, 4, 16, 12))
    u, v = numbers_of(0.5, 0.0, 0.5, 0.5), numbers_of(0.5, 0.0, 0.999, 0.5)
    happens = ops.convert_to_tensor([True, True, True, False])
    holes = (array(cut(planes, happens, u, v)) == 0).sum((0, 2, 3))
    assert holes.tolist() == [8 * 6, 4 * 3, 4 * 6, 0]


def test_the_filter_is_orthogonal_to_itself_shifted_by_two():
    products = [2 * SYMLET[: 12 - k] @ SYMLET[k:] for k in range(0, 12, 2)]
    assert np.allclose(products, [1, 0, 0, 0, 0, 0], atol=1e-9)


def test_nothing_happens_at_p_zero():
    images = pictures()
    for pipe in Pipe:
        same = built("fixed", p=0.0, pipe=pipe).apply(images, seeded())
        assert np.allclose(array(same), images, atol=1e-5)


def test_an_operation_happens_as_often_as_its_weight_and_p_say():
    augment = built("fixed", (8, 8, 3), p=0.4, pipe=Pipe.r3gan)
    images = ops.full((3000, 8, 8, 3), 0.5)  # geometry does not change it
    changed = array(augment.apply(images, seeded()))
    holes = (changed == 0).all(3).any((1, 2)).mean()
    assert holes == pytest.approx(0.4, abs=0.03)
    # Hue and saturation leave grey as it is; a luma flip does half of the time.
    coloured = (np.abs(changed - 0.5) > 1e-4).all(3).any((1, 2)).mean()
    expected = 1 - (1 - 0.2) ** 2 * (1 - 0.1)
    holed = 1 - (1 - expected) * (1 - 0.4)
    assert coloured == pytest.approx(holed, abs=0.03)


@pytest.mark.parametrize("pipe", Pipe)
def test_a_pipe_names_operations_that_there_are(pipe):
    known = {*GEOMETRY, *COLOUR, "cutout"}
    assert WEIGHTS[pipe] and set(WEIGHTS[pipe]) <= known


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_that_is_none_is_refused(p):
    with pytest.raises(UsageError, match=r"`augment.p` must be in \[0, 1\]"):
        built("fixed", p=p)
