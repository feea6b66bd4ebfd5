"""Walks through latents, and neighbours among the training pictures."""

import numpy as np
import pytest
from PIL import Image

from gan_lab.cli.main import main
from gan_lab.data.samples import Samples
from gan_lab.evaluation import nearest
from gan_lab.review.interpolation import Join, linear, spherical, walk
from gan_lab.training.train import train

SHARES = np.linspace(0, 1, 5)


def latents(count=2, dimensions=100, seed=0):
    return np.random.default_rng(seed).standard_normal((count, dimensions))


def test_both_ways_begin_and_end_at_the_points():
    start, end = latents()
    for way in (linear, spherical):
        found = way(start, end, np.array([0.0, 1.0]))
        assert np.allclose(found, [start, end])


def test_the_arc_between_orthogonal_unit_vectors_is_a_quarter_circle():
    start, end = np.eye(2)
    found = spherical(start, end, SHARES)
    angles = SHARES * np.pi / 2
    assert np.allclose(found, np.stack([np.cos(angles), np.sin(angles)], 1))


def test_the_arc_keeps_the_norm_that_the_line_loses():
    start, end = latents()
    norms = np.linalg.norm(spherical(start, end, SHARES), axis=1)
    assert norms.min() > 0.95 * min(np.linalg.norm(start), np.linalg.norm(end))
    assert np.linalg.norm(linear(start, end, SHARES), axis=1)[2] < 0.8 * norms[2]


@pytest.mark.parametrize("factor", [1.0, -1.0, 2.0])
def test_points_in_one_direction_are_joined_by_the_line(factor):
    (start,) = latents(1)
    found = spherical(start, factor * start, SHARES)
    assert np.allclose(found, linear(start, factor * start, SHARES))


@pytest.mark.parametrize("join", Join)
def test_a_walk_passes_every_point(join):
    points = latents(4)
    open_, closed = (walk(points, 3, join, closed=c) for c in (False, True))
    assert open_.shape == (10, 100) and closed.shape == (12, 100)
    assert np.allclose(open_[::3], points, atol=1e-6)
    assert np.allclose(closed[::3], points, atol=1e-6)
    assert np.allclose(closed[:10], open_)


def images(count, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (count, 6, 5, 3), np.uint8)


def test_neighbours_are_those_of_a_plain_search(monkeypatch):
    monkeypatch.setattr(nearest, "BLOCK", 7)
    known, asked = images(50), images(4, seed=1)
    places, distances = nearest.nearest(asked, Samples(known), 3)
    for query, found, far in zip(asked, places, distances, strict=True):
        between = np.square(known.astype(float) - query).mean((1, 2, 3)) ** 0.5
        assert found.tolist() == np.argsort(between)[:3].tolist()
        assert np.allclose(far, np.sort(between)[:3], rtol=1e-4)


def test_a_copy_of_a_training_picture_is_its_own_neighbour():
    known = images(20)
    places, distances = nearest.nearest(known[[3, 11]], Samples(known), 1)
    assert places.ravel().tolist() == [3, 11] and np.allclose(distances, 0, atol=0.1)


def test_a_sheet_has_a_row_for_each_sample():
    known, asked = images(20), images(2, seed=1)
    rows = nearest.sheet(asked, Samples(known), np.array([[4, 5], [6, 7]]))
    assert np.array_equal(rows, [asked[0], *known[[4, 5]], asked[1], *known[[6, 7]]])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small finished run."""
    from gan_lab import load_config
    from tests.conftest import TINY

    runs = tmp_path_factory.mktemp("runs")
    return train(load_config(*TINY, f"runs='{runs}'")).folder.path


def test_the_verbs_write_a_film_and_sheets(run, tmp_path, capfd):
    film, sheet, near = (tmp_path / n for n in ("a.gif", "b.png", "c.png"))
    size = ["--points", "3", "--steps", "4"]
    assert main(["interpolate", str(run), *size, "--out", str(film)]) == 0
    assert main(["interpolate", str(run), *size, "--linear", "--out", str(sheet)]) == 0
    few = ["--count", "2", "--near", "3"]
    assert main(["neighbours", str(run), *few, "--out", str(near)]) == 0
    with Image.open(film) as frames:
        assert 2 <= frames.n_frames <= 12  # equal frames are one
    for picture in (sheet, near):
        with Image.open(picture) as opened:
            assert opened.size == (4 * 18 + 2, 2 * 18 + 2)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["interpolate", "RUN", "--points", "1"], "`--points` must be at least 2"),
        (["interpolate", "RUN", "--out", "a.mp4"], "`--out` must be a .gif or .png"),
        (["neighbours", "RUN", "--near", "0"], "`--near` must be at least 1"),
        (["neighbours", "RUN", "--out", "no/such.png"], "in a folder that exists"),
        (["neighbours", "/nowhere"], "is not a run folder"),
    ],
)
def test_a_mistake_is_one_line(run, capfd, arguments, message):
    asked = [str(run) if a == "RUN" else a for a in arguments]
    assert main(asked) == 2
    said = capfd.readouterr().err
    assert message in said and said.count("\n") == 1
