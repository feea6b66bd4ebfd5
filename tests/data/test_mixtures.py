"""Mixtures of Gaussians: their points, their pictures, their score, and their runs."""

import keras
import numpy as np
import pytest
from PIL import Image

import gan_lab
from gan_lab import pictures
from gan_lab.cli.main import main
from gan_lab.data import holdout
from gan_lab.data.sources.mixtures import grid, ring
from gan_lab.errors import UsageError
from gan_lab.metrics.mixture import mode_scores
from gan_lab.training.load import load_run
from gan_lab.training.resume import resume
from gan_lab.training.train import train
from tests.training.test_resume import differing, trace

MIXTURES = {"ring": (ring, 8), "grid": (grid, 25)}
BOTH = pytest.mark.parametrize("name", MIXTURES)


# Points.


@BOTH
def test_points_are_float32_vectors_in_the_square_and_the_same_always(name):
    build, modes = MIXTURES[name]
    samples = build()
    assert samples.images.shape == (10_000, 2) and samples.images.dtype == np.float32
    assert np.abs(samples.images).max() <= 1
    assert samples.sha256() == build().sha256()
    assert samples.kind == "vectors of 2 numbers"
    assert len(samples.classes_counted()) == modes
    assert set(samples.classes_counted().values()) == {10_000 // modes}


@BOTH
def test_points_lie_around_the_centre_that_their_label_names(name):
    samples = MIXTURES[name][0]()
    centres, deviation = samples.mixture
    around = (samples.images - centres[samples.labels]) / deviation
    assert around.mean(0) == pytest.approx([0, 0], abs=0.03)
    assert np.cov(around.T) == pytest.approx(np.eye(2), abs=0.05)


def test_the_ring_is_a_circle_of_equal_steps():
    samples = ring(modes=6, radius=0.5)
    centres = samples.mixture.centres
    assert np.allclose(np.linalg.norm(centres, axis=1), 0.5)
    steps = np.linalg.norm(centres - np.roll(centres, 1, axis=0), axis=1)
    assert np.allclose(steps, 0.5)  # a hexagon's side is its radius
    assert samples.classes[:2] == ("0 degrees", "60 degrees")


def test_the_grid_has_every_pair_of_its_places():
    samples = grid(side=3, spacing=0.5)
    places = (-0.5, 0.0, 0.5)
    assert samples.mixture.centres.tolist() == [[x, y] for y in places for x in places]
    assert samples.classes[5] == "row 1, column 2"


@pytest.mark.parametrize(
    "build, paper, deviation",
    [(lambda **o: ring(radius=2 / 2.5, **o), 0.02, 2.5), (grid, 0.05, 5)],
)
def test_the_scale_is_the_papers(build, paper, deviation):
    assert build().mixture.deviation == pytest.approx(paper / deviation)


@pytest.mark.parametrize(
    "build, wrong, message",
    [
        (ring, {"modes": 0}, "`data.modes` must be at least 1"),
        (ring, {"radius": 0}, "`data.radius` must be above 0"),
        (ring, {"radius": 0.96}, r"`data.radius` must be smaller.*Received: 0.96"),
        (ring, {"deviation": 0}, "`data.deviation` must be above 0"),
        (ring, {"count": 0}, "`data.count` must be at least 1"),
        (grid, {"side": 0}, "`data.side` must be at least 1"),
        (grid, {"spacing": -1}, "`data.spacing` must be above 0"),
        (grid, {"side": 6}, "`data.spacing` must be smaller"),
    ],
)
def test_a_mixture_of_nothing_or_beyond_the_square_is_refused(build, wrong, message):
    with pytest.raises(UsageError, match=message):
        build(**wrong)


# What is asked of any data set.


@BOTH
def test_a_limit_and_a_holdout_work_as_with_images(name, samples):
    few = samples(name, limit=100)
    assert few.count == 100 and few.mixture is not None
    assert np.array_equal(few.images[np.arange(100)], samples(name).images[:100])
    train_, held = holdout.split(few, 0.1)
    assert (train_.count, held.count) == (90, 10)
    both = np.concatenate([s.images[np.arange(s.count)] for s in (train_, held)])
    assert sorted(both.tolist()) == sorted(few.images[np.arange(100)].tolist())
    assert np.array_equal(few.draw(few.images[:9]), held.draw(few.images[:9]))


@pytest.mark.parametrize("key, value", [("image_size", 2), ("channels", 1)])
def test_the_size_of_vectors_cannot_be_asked_for(key, value, samples):
    message = f"`data.{key}` is for images, and data=ring has vectors of 2 numbers"
    with pytest.raises(UsageError, match=message):
        samples("ring", **{key: value})


def test_vectors_cannot_be_flipped(samples):
    with pytest.raises(UsageError, match=r"`data.flip` is for images.*Received: True"):
        samples("grid", flip=True)


# Pictures.


def middle(sheet):
    place = pictures.SCATTER_PIXELS // 2
    return sheet[place - 2 : place + 2, place - 2 : place + 2]


def drawn(*points, behind=()):
    behind = np.array(behind, np.float32).reshape(-1, 2)
    return pictures.scatter(np.array(points, np.float32).reshape(-1, 2), behind)


def test_no_point_is_a_white_sheet():
    size = pictures.SCATTER_PIXELS
    assert drawn().shape == (size, size, 3) and (drawn() == 255).all()


def test_a_point_is_drawn_at_its_place_and_nowhere_else():
    sheet = drawn((0, 0))
    assert (middle(sheet)[..., 1] < 255).all()
    rows, columns = np.nonzero(sheet[..., 1] < 255)
    assert max(np.ptp(rows), np.ptp(columns)) <= 4
    up = np.nonzero(drawn((0.0, 0.5))[..., 1] < 255)
    assert up[0].max() < rows.min() and set(up[1]) == set(columns)


def test_a_sheet_turned_about_shows_the_points_turned_about():
    points = np.random.default_rng(0).uniform(-1, 1, (30, 2))
    assert np.array_equal(drawn(*-points), drawn(*points)[::-1, ::-1])


def test_real_points_are_gray_behind_the_red_of_generated_ones():
    gray, red = drawn(behind=[(0, 0)]), drawn((0, 0))
    both = drawn((0, 0), behind=[(0, 0)])
    assert np.ptp(gray, axis=2).max() == 0 and np.ptp(red, axis=2).max() > 50
    assert middle(gray).mean() > middle(red).mean() >= middle(both).mean()


def test_points_beyond_the_edge_are_drawn_at_it_and_broken_ones_not_at_all():
    far = drawn((1e9, 0))
    assert (far[:, -1, 1] < 255).any() and (far[:, :-6] == 255).all()
    assert (drawn((np.nan, 0), (0, np.inf)) == 255).all()


# The score.


CENTRES = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def test_a_sample_is_good_within_three_deviations_of_the_nearest_centre():
    samples = np.array([[2.9, 0.0], [10.0, 3.1], [0.0, 10.0], [0.5, 10.5]])
    assert mode_scores(samples, CENTRES, 1.0) == (2, 0.75)


def test_far_samples_hit_nothing():
    assert mode_scores(np.full((5, 2), 50.0), CENTRES, 1.0) == (0, 0.0)


def test_the_centres_themselves_are_all_modes_and_all_good():
    assert mode_scores(CENTRES, CENTRES, 1e-6) == (3, 1.0)


@BOTH
def test_real_points_hit_all_modes_and_are_as_good_as_the_closed_form_says(name):
    samples = MIXTURES[name][0]()
    modes, good = mode_scores(samples.images, *samples.mixture)
    assert modes == MIXTURES[name][1]
    assert good == pytest.approx(1 - np.exp(-4.5), abs=0.004)  # three deviations of it


def test_a_collapsed_generator_hits_one_mode():
    centres, deviation = ring().mixture
    assert mode_scores(np.repeat(centres[:1], 100, 0), centres, deviation) == (1, 1.0)


def test_the_score_does_not_depend_on_scale():
    samples = ring().images[:500] + 0.01
    centres, deviation = ring().mixture
    scaled = mode_scores(2.5 * samples, 2.5 * centres, 2.5 * deviation)
    assert scaled == mode_scores(samples, centres, deviation)


@pytest.mark.parametrize(
    "samples, deviation, message",
    [
        (np.zeros((4, 3)), 1.0, "must have the same shape"),
        (np.full((4, 2), np.nan), 1.0, "must be finite"),
        (np.zeros((0, 2)), 1.0, "at least 1"),
        (np.zeros((4, 2)), 0.0, "`deviation` must be above 0"),
    ],
)
def test_what_cannot_be_scored_is_refused(samples, deviation, message):
    with pytest.raises(ValueError, match=message):
        mode_scores(samples, CENTRES, deviation)


# Runs.

SMALL = (
    "data=ring",
    "model=mlp",
    "model.width=8",
    "loss/penalty=r1",
    "trainer.batch_size=16",
    "trainer.samples=16",
    "trainer.metric_ticks=1",
    "trainer.tick_steps=2",
    "trainer.sample_ticks=1",
    "trainer.checkpoint_ticks=1",
)


def trained(path, steps=4):
    overrides = [*SMALL, f"runs='{path}'", f"trainer.steps={steps}"]
    return train(gan_lab.load_config(*overrides))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs"))


def test_a_run_on_points_says_what_it_trained_on_and_draws_points(run):
    facts = run.folder.facts()
    assert facts["image_shape"] == [2] and facts["images"] == 10_000
    assert facts["classes"]["45 degrees"] == 1250
    latents = run.folder.latents()
    expected = ring().draw(run.gan.sample(latents=latents))
    with Image.open(run.folder.samples / "000004.png") as picture:
        assert np.array_equal(np.asarray(picture), expected)
    assert (run.folder.path / "timelapse.gif").stat().st_size > 0


def test_samples_of_points_are_what_the_generator_made(run):
    latents = run.folder.latents()
    points = run.gan.sample(latents=latents)
    made = run.gan.averaged_generator(latents, training=False)
    assert points.dtype == np.float32 and points.shape == (16, 2)
    assert np.array_equal(points, keras.ops.convert_to_numpy(made))


def test_a_loaded_run_on_points_draws_what_the_run_drew(run):
    loaded = load_run(run.folder.path)
    latents = run.folder.latents()
    assert np.array_equal(loaded.draw(loaded.gan.sample(latents=latents)), run.grid)


def test_a_run_on_points_resumes_byte_for_byte(run, tmp_path):
    half = trained(tmp_path, steps=2)
    resumed = resume(half.folder.path, ["trainer.steps=4"])
    whole = trace(run.folder.path, 4)
    assert differing(whole, trace(resumed.folder.path, 4)) == []


def test_the_verb_sample_draws_points(run, tmp_path, capfd):
    out = tmp_path / "points.png"
    assert main(["sample", str(run.folder.path), "--out", str(out)]) == 0
    with Image.open(out) as picture:
        assert picture.size == (pictures.SCATTER_PIXELS,) * 2


@pytest.mark.parametrize("verb", ["interpolate", "neighbours"])
def test_verbs_that_need_images_say_so_in_one_line(verb, run, capfd):
    assert main([verb, str(run.folder.path)]) == 2
    said = capfd.readouterr().err
    assert f"`{verb}` shows images" in said and said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["data=ring"], "`model=dcgan` makes square images of 16 to 256 pixels"),
        (["data=ring", "model=faces_64"], "vectors of 2 numbers, which `model=mlp`"),
        (["data=grid", "model=mlp", "data.flip=true"], "`data.flip` is for images"),
        (["data=ring", "model=mlp", "data.path=x"], "path"),
        (["data", "inspect", "data=ring"], "`data=ring` makes its samples"),
    ],
)
def test_a_mistake_with_points_is_one_line(arguments, message, tmp_path, capfd):
    runs = [] if arguments[0] == "data" else [f"runs='{tmp_path}'"]
    assert main([*arguments, *runs]) == 2
    said = capfd.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_preparing_points_says_how_many_there_are(capfd):
    assert main(["data", "prepare", "data=grid", "data.count=500"]) == 0
    assert "500 vectors of 2 numbers are ready" in capfd.readouterr().out


def test_an_mlp_trains_on_images_too(tiny):
    run = train(tiny("model=mlp", "trainer.steps=2"))
    assert run.gan.sample(3).shape == (3, 16, 16, 1)
