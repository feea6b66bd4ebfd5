"""Scores against closed forms, plain double loops and the published algorithms."""

import tracemalloc

import numpy as np
import pytest

from gan_lab.metrics import (
    checks,
    classes,
    distances,
    frechet,
    inception_score,
    kernel,
    neighbours,
    pixels,
    pyramid,
)


def normal(*shape, seed=0, kind=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(kind)


def pictures(count, height=16, width=16, channels=3, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (count, height, width, channels), np.uint8)


def rotation(size, seed=9):
    return np.linalg.qr(normal(size, size, seed=seed))[0]


def between(real, fake):
    return frechet.frechet_distance(frechet.gather(real), frechet.gather(fake))


def test_the_distance_of_gaussians_along_the_axes_is_that_of_their_deviations():
    a, b, shift = np.array([1.0, 4.0, 0.0]), np.array([9.0, 4.0, 2.0]), [1.0, 0.0, 2.0]
    one = frechet.Statistics(np.zeros(3), np.diag(a), 100)
    other = frechet.Statistics(np.array(shift), np.diag(b), 100)
    expected = 5 + np.sum((np.sqrt(a) - np.sqrt(b)) ** 2)
    assert frechet.frechet_distance(one, other) == pytest.approx(expected)
    assert frechet.frechet_distance(other, one) == pytest.approx(expected)


@pytest.mark.parametrize("count", [12, 40, 200], ids="{} of 40 dimensions".format)
def test_a_set_is_at_no_distance_from_itself(count):
    features = normal(count, 40)
    assert 0 <= between(features, features[::-1]) < 1e-9


@pytest.mark.parametrize("count", [12, 40, 200])
def test_a_shifted_set_is_at_the_squared_length_of_the_shift(count):
    features, shift = normal(count, 40), normal(40, seed=1)
    assert between(features, features + shift) == pytest.approx(shift @ shift)


@pytest.mark.parametrize("count", [12, 40, 200])
def test_a_stretched_set_is_at_the_variance_of_the_stretch(count):
    features = normal(count, 40)
    features -= features.mean(axis=0)
    expected = 4 * features.var(axis=0, ddof=1).sum()
    assert between(features, 3 * features) == pytest.approx(expected)


def test_few_samples_in_spaces_of_their_own_share_no_spread():
    real, fake = np.zeros((5, 40)), np.zeros((5, 40))
    real[:, :20], fake[:, 20:] = normal(5, 20), normal(5, 20, seed=1)
    apart = np.sum((real.mean(axis=0) - fake.mean(axis=0)) ** 2)
    spread = real.var(axis=0, ddof=1).sum() + fake.var(axis=0, ddof=1).sum()
    assert between(real, fake) == pytest.approx(apart + spread, rel=1e-12)


def of_scipy(real, fake):
    linalg = pytest.importorskip("scipy.linalg")
    a, b = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    apart = np.sum((real.mean(axis=0) - fake.mean(axis=0)) ** 2)
    return apart + np.trace(a + b) - 2 * np.trace(linalg.sqrtm(a @ b)).real


@pytest.mark.parametrize("counts", [(400, 300), (300, 30), (30, 300)])
def test_the_distance_is_that_of_scipys_matrix_root(counts):
    mixing = normal(50, 50, seed=2)
    real = np.maximum(normal(counts[0], 50) @ mixing, 0)
    fake = np.maximum(normal(counts[1], 50, seed=1) @ mixing + 0.3, 0)
    assert between(real, fake) == pytest.approx(of_scipy(real, fake), rel=1e-6)


def test_the_root_of_few_samples_has_the_covariance_of_scipys():
    real, fake = normal(30, 50), 2 * normal(20, 50, seed=1)
    assert between(real, fake) == pytest.approx(of_scipy(real, fake), rel=1e-6)


@pytest.mark.parametrize("count", [15, 300])
def test_a_feature_that_never_varies_changes_nothing(count):
    real, fake = normal(count, 20), 2 * normal(count, 20, seed=1)
    still = np.ones((count, 5))
    assert between(np.hstack([real, still]), np.hstack([fake, still])) == pytest.approx(
        between(real, fake), rel=1e-6
    )


@pytest.mark.parametrize("count", [15, 300])
def test_the_distance_does_not_see_rotation_and_order(count):
    real, fake = normal(count, 20), 2 * normal(count, 20, seed=1) + 1
    turn, order = rotation(20), np.random.default_rng(3).permutation(count)
    assert between((real @ turn)[order], fake @ turn) == pytest.approx(
        between(real, fake)
    )


@pytest.mark.parametrize("sizes", [(1,) * 60, (7, 0, 50, 3), (59, 1)])
@pytest.mark.parametrize("dimensions", [8, 59, 60])
def test_batches_of_any_size_have_the_moments_of_all(sizes, dimensions):
    features = normal(60, dimensions) + 1e6
    ends = np.cumsum(sizes)[:-1]
    found = frechet.gather(iter(np.split(features, ends)))
    assert found.count == 60
    assert (found.root is None) == (dimensions < 60)
    assert np.allclose(found.mean, features.mean(axis=0), rtol=1e-14)
    assert np.allclose(found.covariance, np.cov(features, rowvar=False), atol=1e-8)


def test_many_features_are_taken_in_piece_by_piece(monkeypatch):
    monkeypatch.setattr(frechet, "_ROWS", 11)
    features = normal(100, 5, kind=np.float32)
    found = frechet.gather(features)
    assert np.allclose(found.covariance, np.cov(features, rowvar=False))


def naive_mmd(real, fake, k):
    def mean(x, y, same):
        pairs = [
            k(a, b)
            for i, a in enumerate(x)
            for j, b in enumerate(y)
            if not (same and i == j)
        ]
        return sum(pairs) / len(pairs)

    return mean(real, real, True) + mean(fake, fake, True) - 2 * mean(real, fake, False)


def cubic(x, y):
    return (x @ y / len(x) + 1) ** 3


@pytest.mark.parametrize("tile", [4, 1024])
def test_the_kernel_distance_is_that_of_a_double_loop(tile, monkeypatch):
    monkeypatch.setattr(kernel, "_TILE", tile)
    real, fake = normal(18, 5), normal(18, 5, seed=1) + 0.5
    mean, deviation = kernel.kernel_distance(real, fake, subsets=3, subset_size=18)
    assert mean == pytest.approx(naive_mmd(real, fake, cubic))
    assert deviation == pytest.approx(0, abs=1e-12)  # each subset is all of them


def test_the_kernel_distance_is_0_on_average_for_equal_distributions():
    of_equal = kernel.kernel_distance(
        normal(2000, 8), normal(2000, 8, seed=1), subset_size=200
    )
    assert abs(of_equal[0]) < of_equal[1]
    of_shifted = kernel.kernel_distance(
        normal(2000, 8), normal(2000, 8, seed=1) + 0.5, subset_size=200
    )
    assert of_shifted[0] > 3 * of_shifted[1]


def test_the_kernel_distance_does_not_see_rotation():
    real, fake, turn = normal(30, 6), 2 * normal(40, 6, seed=1), rotation(6)
    size = {"subset_size": 20, "subsets": 5}
    turned = kernel.kernel_distance(real @ turn, fake @ turn, **size)
    assert turned == pytest.approx(kernel.kernel_distance(real, fake, **size))


def test_the_mean_and_deviation_are_over_the_subsets_of_a_seed():
    real, fake = normal(50, 4), normal(50, 4, seed=1)

    def score(subsets, seed=0):
        return kernel.kernel_distance(
            real, fake, subsets=subsets, subset_size=10, seed=seed
        )

    assert score(8) == score(8) != score(8, seed=1)
    assert score(1)[1] == 0
    # The first of two subsets is that of one: m1, then (m1 + m2) / 2 and |m1 - m2| / 2.
    (first, _), (mean, deviation) = score(1), score(2)
    assert abs(first - mean) == pytest.approx(deviation)


@pytest.mark.parametrize("tile", [3, 1024])
@pytest.mark.parametrize("values", [200, 2**23])
def test_the_pixel_distance_is_that_of_a_double_loop(tile, values, monkeypatch):
    monkeypatch.setattr(kernel, "_TILE", tile)
    monkeypatch.setattr(kernel, "_VALUES", values)
    real, fake = pictures(9, 4, 5, 3), pictures(7, 4, 5, 3, seed=1) // 2
    x, y = (part.reshape(len(part), -1).astype(float) for part in (real, fake))
    lengths = [np.linalg.norm(a - b) for i, a in enumerate(x) for b in x[:i]]
    width = np.median(lengths)

    def gaussian(a, b):
        return np.exp(-np.sum((a - b) ** 2) / (2 * width**2))

    expected = naive_mmd(x, y, gaussian)
    assert kernel.pixel_distance(real, fake) == pytest.approx(expected)
    assert kernel.pixel_distance(real, fake, bandwidth=width) == pytest.approx(expected)


def test_the_pixel_distance_of_two_points_far_apart_is_2():
    black = np.zeros((5, 4, 4, 1), np.uint8)
    found = kernel.pixel_distance(black, black + 255, bandwidth=1.0)
    assert found == pytest.approx(2.0)


def test_the_bandwidth_of_many_images_is_of_a_thousand_of_a_seed():
    real, fake = pictures(1200, 2, 2, 1), pictures(20, 2, 2, 1, seed=1) // 2
    of_seed = [kernel.pixel_distance(real, fake, seed=seed) for seed in (0, 0, 1)]
    assert of_seed[0] == of_seed[1] != of_seed[2]
    assert of_seed[0] == pytest.approx(of_seed[2], rel=0.05)


def test_the_inception_score_of_one_answer_for_all_is_1():
    assert inception_score.inception_score(np.full((50, 7), 1 / 7)) == pytest.approx(
        (1, 0)
    )
    same = np.tile([0.7, 0.2, 0.1], (50, 1))
    assert inception_score.inception_score(same) == pytest.approx((1, 0))


def test_the_inception_score_of_sure_and_even_answers_is_the_number_of_classes():
    sure = np.eye(6)[np.arange(60) % 6]
    assert inception_score.inception_score(sure, splits=1) == pytest.approx((6, 0))


def test_the_inception_score_is_the_mean_divergence_from_the_mean():
    p = np.random.default_rng(0).dirichlet(np.ones(5), 40)
    divergences = np.sum(p * np.log(p / p.mean(axis=0)), axis=1)
    found, _ = inception_score.inception_score(p, splits=1)
    assert found == pytest.approx(np.exp(divergences.mean()))
    rounded, _ = inception_score.inception_score(1.0005 * p, splits=1)
    assert rounded == pytest.approx(found, rel=1e-12)


def test_images_that_come_class_by_class_are_dealt_to_all_splits():
    sure = np.repeat(np.eye(5), 200, axis=0)
    mean, deviation = inception_score.inception_score(sure, splits=10)
    assert 4.8 < mean < 5
    assert 0 < deviation < 0.2
    seeds = [inception_score.inception_score(sure, seed=seed) for seed in (0, 0, 1)]
    assert seeds[0] == seeds[1] != seeds[2]


def published(real, fake, k):
    """Naeem et al.'s algorithm: full matrices of distances."""

    def matrix(x, y):
        return np.sqrt(((x[:, None].astype(float) - y) ** 2).sum(axis=2))

    real_radii = np.sort(matrix(real, real), axis=1)[:, k]
    fake_radii = np.sort(matrix(fake, fake), axis=1)[:, k]
    pairs = matrix(real, fake)
    inside = pairs < real_radii[:, None]
    return neighbours.ManifoldScores(
        precision=inside.any(axis=0).mean(),
        recall=(pairs < fake_radii).any(axis=1).mean(),
        density=inside.sum(axis=0).mean() / k,
        coverage=(pairs.min(axis=1) < real_radii).mean(),
    )


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("tile", [(17, 23), (40, 1000), (1024, 4096)])
@pytest.mark.parametrize("k", [1, 5])
def test_manifold_scores_are_those_of_the_published_algorithm(
    kind, tile, k, monkeypatch
):
    monkeypatch.setattr(distances, "_ROWS", tile[0])
    monkeypatch.setattr(distances, "_COLUMNS", tile[1])
    real = normal(120, 10, kind=kind)
    fake = kind(0.8) * normal(90, 10, seed=1, kind=kind) + kind(0.2)
    found = neighbours.manifold_scores(real, fake, neighbours=k)
    assert found == pytest.approx(published(real, fake, k), rel=1e-12)
    assert 0 < found.recall < 1 and 0 < found.coverage < 1


@pytest.mark.parametrize("offset", [0, 1e4])
def test_single_precision_changes_no_score(offset):
    # So far from zero, and so close together, squares in float32 would be noise.
    real = 1e-2 * normal(150, 64) + offset
    fake = 1e-2 * normal(150, 64, seed=1) + offset
    found = neighbours.manifold_scores(real, fake)
    assert found == pytest.approx(published(real, fake, 5), rel=1e-12)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("tile", [70, 1024])
def test_a_set_in_another_order_has_all_scores_1(kind, tile, monkeypatch):
    # Each k-th neighbour is on the surface, where the last bit decides.
    monkeypatch.setattr(distances, "_ROWS", tile)
    monkeypatch.setattr(distances, "_COLUMNS", tile + 7)
    real = normal(300, 200, kind=kind) + kind(3)
    fake = real[np.random.default_rng(1).permutation(300)]
    assert neighbours.manifold_scores(real, fake) == (1, 1, 1, 1)


def test_five_neighbours_of_six_points_are_all_the_others():
    real, fake = normal(6, 2), normal(6, 2, seed=1)
    found = neighbours.manifold_scores(real, fake)
    assert found == pytest.approx(published(real, fake, 5), rel=1e-12)
    assert neighbours.nearest(real[:2])[1].tolist() == [1, 0]
    assert neighbours.nearest(real, fake[:1])[1].tolist() == [0] * 6


def test_sets_of_one_point_lie_on_each_other():
    point = np.ones((9, 4))
    assert neighbours.manifold_scores(point, point) == (1, 1, 0, 0)
    assert neighbours.nearest(point, point)[0].tolist() == [0] * 9


def test_sets_far_apart_have_all_scores_0():
    real = normal(50, 8)
    assert neighbours.manifold_scores(real, real + 100) == (0, 0, 0, 0)


def test_a_generator_of_one_image_is_precise_and_recalls_nothing():
    real = normal(200, 8)
    fake = np.tile(real.mean(axis=0), (50, 1))
    found = neighbours.manifold_scores(real, fake)
    assert found.precision == 1 and found.recall == 0


def test_a_copied_point_is_on_the_surface_of_its_copies():
    # All radii are 0: inside for the closed balls of the first paper only.
    real = np.repeat(normal(4, 3), 10, axis=0)
    found = neighbours.manifold_scores(real, real, neighbours=2)
    assert found == (1, 1, 0, 0)


def test_manifold_scores_do_not_see_rotation_scale_and_order():
    real, fake, turn = normal(80, 6), normal(70, 6, seed=1) + 0.5, rotation(6)
    expected = neighbours.manifold_scores(real, fake)
    found = neighbours.manifold_scores(1e-9 * (real @ turn)[::-1], 1e-9 * fake @ turn)
    assert found == pytest.approx(expected)


def test_more_spread_lowers_precision_and_less_lowers_recall():
    real = normal(400, 4)
    wide = neighbours.manifold_scores(real, 3 * normal(400, 4, seed=1))
    narrow = neighbours.manifold_scores(real, 0.3 * normal(400, 4, seed=1))
    assert wide.precision < 0.6 < narrow.precision
    assert narrow.recall < 0.6 < wide.recall


def test_no_full_matrix_of_distances_is_held():
    real, fake = (normal(6000, 8, seed=seed, kind=np.float32) for seed in (0, 1))
    tracemalloc.start()
    try:
        neighbours.manifold_scores(real, fake)
        assert tracemalloc.get_traced_memory()[1] < 6000**2 * 4
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("tile", [(7, 11), (1024, 4096)])
def test_nearest_is_that_of_all_distances(tile, kind, monkeypatch):
    monkeypatch.setattr(distances, "_ROWS", tile[0])
    monkeypatch.setattr(distances, "_COLUMNS", tile[1])
    queries, references = normal(40, 5, kind=kind), normal(60, 5, seed=1, kind=kind)
    exact = references.astype(float)
    every = np.linalg.norm(queries[:, None] - exact, axis=2)
    found, indices = neighbours.nearest(queries, references)
    assert np.array_equal(indices, every.argmin(axis=1))
    assert found == pytest.approx(every.min(axis=1), rel=1e-12)
    every = np.linalg.norm(exact[:, None] - exact, axis=2)
    np.fill_diagonal(every, np.inf)
    found, indices = neighbours.nearest(references)
    assert np.array_equal(indices, every.argmin(axis=1))
    assert found == pytest.approx(every.min(axis=1), rel=1e-12)


def test_a_copy_is_at_no_distance_at_all():
    references = normal(100, 50, kind=np.float32) + 1e3
    found, indices = neighbours.nearest(references[[70, 3]], references)
    assert found.tolist() == [0, 0] and indices.tolist() == [70, 3]
    doubled = np.concatenate([references, references[:1]])
    found, indices = neighbours.nearest(doubled)
    assert (indices[0], indices[100], found[0]) == (100, 0, 0)
    assert found[1:100].min() > 1
    assert neighbours.nearest(references[:1], doubled)[1].tolist() == [0]


def test_near_copies_are_told_apart_beyond_single_precision():
    references = np.tile(normal(1, 30), (4, 1)) + 1e-9 * np.arange(4)[:, None]
    far = np.concatenate([references, 100 + normal(20, 30)])
    assert neighbours.nearest(far[:4], far)[1].tolist() == [0, 1, 2, 3]


def test_bytes_are_features_too():
    images = pictures(30).reshape(30, -1)
    found, indices = neighbours.nearest(images[:3], images)
    assert found.tolist() == [0, 0, 0] and indices.tolist() == [0, 1, 2]


def test_points_shifted_on_a_line_are_as_far_apart_as_the_shift():
    points = normal(50, 1)
    found = pyramid.sliced_wasserstein(points, points[::-1] - 3)
    assert found == pytest.approx(3)


def test_points_shifted_in_space_are_half_the_shift_apart_on_average():
    # The mean of |cosine| over the sphere is 1/2.
    points, shift = normal(50, 3), np.array([2.0, -1.0, 2.0])
    found = pyramid.sliced_wasserstein(points, points + shift, directions=20000)
    assert found == pytest.approx(1.5, rel=0.01)


def test_points_on_a_line_have_the_wasserstein_distance_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    a, b = normal(50, 1), 2 * normal(50, 1, seed=1) ** 3
    found = pyramid.sliced_wasserstein(a, b)
    assert found == pytest.approx(stats.wasserstein_distance(a[:, 0], b[:, 0]))


def test_directions_are_projected_some_at_a_time(monkeypatch):
    a, b = normal(40, 6), normal(40, 6, seed=1) + 1
    expected = pyramid.sliced_wasserstein(a, b, directions=50)
    monkeypatch.setattr(pyramid, "_PROJECTED", 7 * 40)
    found = pyramid.sliced_wasserstein(a, b, directions=50)
    assert found == pytest.approx(expected, rel=1e-12)
    assert pyramid.sliced_wasserstein(a, b, directions=50, seed=1) != found


def plain_levels(images, count):
    """The pyramid with two-dimensional convolutions, as Karras et al. have it."""
    convolve = pytest.importorskip("scipy.ndimage").convolve
    taps = np.array([1, 4, 6, 4, 1]) / 16
    window = np.outer(taps, taps)[None, :, :, None]
    levels = [images.astype(float)]
    for _ in range(count - 1):
        smaller = convolve(levels[-1], window, mode="mirror")[:, ::2, ::2]
        larger = np.zeros_like(levels[-1])
        larger[:, ::2, ::2] = smaller
        levels[-1] = levels[-1] - convolve(larger, 4 * window, mode="mirror")
        levels.append(smaller)
    return levels


def plain_descriptors(images, count, patches, seed):
    draw, found = np.random.Generator(np.random.Philox(seed)), []
    for level in plain_levels(images, count):
        high, wide = level.shape[1] - 6, level.shape[2] - 6
        y = draw.integers(high, size=len(images) * patches)
        x = draw.integers(wide, size=len(images) * patches)
        cut = np.stack(
            [
                level[i // patches, y[i] : y[i] + 7, x[i] : x[i] + 7]
                for i in range(len(y))
            ]
        )
        cut = (cut - cut.mean(axis=(0, 1, 2))) / cut.std(axis=(0, 1, 2))
        found.append(np.moveaxis(cut, 3, 1).reshape(len(cut), -1))
    return found


@pytest.mark.parametrize(
    "height, width, sides", [(64, 70, [64, 32, 16]), (33, 47, [33, 17]), (28, 28, [28])]
)
def test_pyramid_distances_are_those_of_a_plain_pyramid(height, width, sides):
    real, fake = pictures(6, height, width), pictures(6, height, width, seed=1) // 2
    fake[:, ::3] = 0
    found = pyramid.pyramid_distances(real, fake, patches=5, directions=40, seed=4)
    assert list(found) == sides
    for side, a, b in zip(
        sides,
        plain_descriptors(real, len(sides), 5, 4),
        plain_descriptors(fake, len(sides), 5, 4),
        strict=True,
    ):
        expected = pyramid.sliced_wasserstein(a, b, directions=40, seed=4)
        assert found[side] == pytest.approx(1000 * expected, rel=1e-4)


def test_images_of_one_patch_are_compared_whole_some_at_a_time(monkeypatch):
    monkeypatch.setattr(pyramid, "_IMAGES", 4)
    real, fake = pictures(10, 7, 7, 2), pictures(10, 7, 7, 2, seed=1) // 3
    found = pyramid.pyramid_distances(real, fake, patches=1, directions=30)
    a, b = (
        (part - part.mean(axis=(0, 1, 2))) / part.std(axis=(0, 1, 2))
        for part in (real.astype(float), fake.astype(float))
    )
    a, b = (np.moveaxis(part, 3, 1).reshape(10, -1) for part in (a, b))
    expected = 1000 * pyramid.sliced_wasserstein(a, b, directions=30)
    assert found == {7: pytest.approx(expected, rel=1e-5)}


def test_equal_images_and_brighter_ones_are_at_no_distance():
    images = pictures(140, 20, 20) // 2
    same = pyramid.pyramid_distances(images, images, patches=4, directions=8)
    brighter = pyramid.pyramid_distances(images, images + 50, patches=4, directions=8)
    assert same == {20: 0}
    assert brighter[20] == pytest.approx(0, abs=1e-3)


def test_images_of_one_gray_have_a_finite_distance():
    gray = np.full((6, 32, 32, 3), 77, np.uint8)
    found = pyramid.pyramid_distances(pictures(6, 32, 32), gray, patches=4)
    assert all(np.isfinite(value) and value > 100 for value in found.values())


def plain_ssim(x, y):
    """Window by window, for one pair (height, width, channels)."""
    at = np.arange(-5, 6)
    window = np.exp(-(at[:, None] ** 2 + at**2) / (2 * 1.5**2))
    window = (window / window.sum())[..., None]
    whole, structure = [], []
    for i in range(x.shape[0] - 10):
        for j in range(x.shape[1] - 10):
            a, b = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            mean_a, mean_b = (window * a).sum((0, 1)), (window * b).sum((0, 1))
            aa = (window * (a - mean_a) ** 2).sum((0, 1))
            bb = (window * (b - mean_b) ** 2).sum((0, 1))
            ab = (window * (a - mean_a) * (b - mean_b)).sum((0, 1))
            c1, c2 = 2.55**2, 7.65**2
            cs = (2 * ab + c2) / (aa + bb + c2)
            structure.append(cs)
            light = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
            whole.append(light * cs)
    return np.mean(whole), np.mean(structure)


def halve(x):
    x = x[: x.shape[0] // 2 * 2, : x.shape[1] // 2 * 2]
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4


@pytest.mark.parametrize("height, width", [(22, 25), (12, 40)])
def test_ms_ssim_is_that_of_window_by_window(height, width):
    first = pictures(3, height, width)
    second = (first // 2 + pictures(3, height, width, seed=1) // 3).astype(np.uint8)
    found = pixels.ms_ssim(first, second)
    weights = [0.0448, 0.2856] if min(height, width) >= 22 else [0.0448]
    for x, y, value in zip(
        first.astype(float), second.astype(float), found, strict=True
    ):
        expected = 1.0
        for weight in weights[:-1]:
            expected *= plain_ssim(x, y)[1] ** (weight / sum(weights))
            x, y = halve(x), halve(y)
        expected *= plain_ssim(x, y)[0] ** (weights[-1] / sum(weights))
        assert value == pytest.approx(expected)


@pytest.mark.parametrize(
    "side, scales", [(11, 1), (21, 1), (22, 2), (43, 2), (64, 3), (88, 4), (176, 5)]
)
def test_gray_images_differ_in_luminance_at_the_coarsest_scale_alone(side, scales):
    gray = np.full((1, side, side, 1), 100, np.uint8)
    luminance = (2 * 100 * 150 + 2.55**2) / (100**2 + 150**2 + 2.55**2)
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333][:scales]
    found = pixels.ms_ssim(gray, gray + np.uint8(50))
    assert found == pytest.approx(luminance ** (weights[-1] / sum(weights)))
    dark = pixels.ms_ssim(0 * gray, 0 * gray + np.uint8(3))
    luminance = 2.55**2 / (9 + 2.55**2)
    assert dark == pytest.approx(luminance ** (weights[-1] / sum(weights)))


@pytest.mark.parametrize("side", [16, 24])
def test_an_image_is_like_itself_and_unlike_its_negative(side):
    images = pictures(70, side, side)
    assert pixels.ms_ssim(images, images) == pytest.approx(1)
    assert np.array_equal(pixels.ms_ssim(images, 255 - images), np.zeros(70))


def test_similarity_is_the_same_from_both_sides_and_for_more_images():
    a, b = pictures(70, 24, 24) // 2, pictures(70, 24, 24, seed=1)
    b = (a // 2 + b // 4).astype(np.uint8)
    found = pixels.ms_ssim(a, b)
    assert found == pytest.approx(pixels.ms_ssim(b, a))
    assert found[66:] == pytest.approx(pixels.ms_ssim(a[66:], b[66:]))


def test_diversity_is_over_pairs_of_different_images():
    two = pictures(2, 16, 16)
    expected = pixels.ms_ssim(two[:1], two[1:])[0]
    assert pixels.diversity(two, pairs=20) == pytest.approx(expected)
    same = np.repeat(two[:1], 5, axis=0)
    assert pixels.diversity(same, pairs=20) == pytest.approx(1)
    assert pixels.diversity(two, pairs=20) < pixels.diversity(same, pairs=20)


def test_diversity_draws_each_image_as_often_and_by_its_seed(monkeypatch):
    images, seen = pictures(5, 11, 11), []

    def watch(first, second):
        seen.extend([first, second])
        return np.ones(len(first))

    monkeypatch.setattr(pixels, "ms_ssim", watch)
    pixels.diversity(images, pairs=5000)
    places = [(part[:, None] == images).all((2, 3, 4)).argmax(1) for part in seen]
    assert (places[0] != places[1]).all()
    pairs = np.bincount(5 * places[0] + places[1], minlength=25)
    assert np.count_nonzero(pairs) == 20 and pairs[pairs > 0].min() > 180
    pixels.diversity(images, pairs=5000)
    pixels.diversity(images, pairs=5000, seed=1)
    assert np.array_equal(seen[0], seen[2]) and not np.array_equal(seen[0], seen[4])


def test_modes_are_the_classes_that_occur():
    assert classes.modes(np.array([3, 3, 0]), 10) == 2
    assert classes.modes(np.arange(10), 10) == 10


def test_one_label_for_several_is_the_number_of_which_they_are_the_digits():
    labels = np.array([[1, 2, 3], [0, 0, 9], [9, 9, 9]])
    assert classes.joint(labels, 10).tolist() == [123, 9, 999]
    assert classes.joint(np.array([[4, 4, 4], [1, 0, 2]]), 5).tolist() == [124, 27]


def test_even_triples_of_digits_are_all_there_and_as_uneven_as_chance_makes_them():
    draw = np.random.default_rng(0)
    triples = classes.joint(draw.integers(0, 10, (26_000, 3)), 10)
    assert classes.modes(triples, 1000) == 1000
    assert classes.divergence_floor(1000, 26_000) == pytest.approx(0.0192, abs=5e-5)
    assert classes.divergence(triples, 1000) == pytest.approx(0.0192, abs=1e-3)


def test_the_divergence_of_even_classes_is_0_and_of_one_class_the_logarithm():
    assert classes.divergence(np.arange(50) % 5, 5) == pytest.approx(0)
    assert classes.divergence(np.zeros(9, int), 5) == pytest.approx(np.log(5))


def test_the_divergence_from_real_shares_is_that_of_the_formula():
    fake, real = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 2])
    expected = 0.75 * np.log(0.75 / 0.25) + 0.25 * np.log(0.25 / 0.5)
    assert classes.divergence(fake, 3, real) == pytest.approx(expected)
    assert classes.divergence(real, 3, fake) == np.inf
    assert classes.divergence(real, 3, real) == 0


def test_the_frechet_distance_by_class_is_that_of_each_class():
    labels = np.array([2, 5] * 30)
    real, fake = normal(60, 4), normal(60, 4, seed=1)
    fake[labels == 5] += 1
    found = classes.frechet_by_class(real, labels, fake, labels)
    assert found == {
        2: pytest.approx(between(real[::2], fake[::2])),
        5: pytest.approx(between(real[1::2], fake[1::2])),
    }


def test_swapped_labels_show_by_class_only():
    labels, features = np.repeat([0, 1], 50), normal(100, 3)
    features[labels == 1] += 5
    assert between(features, features) == pytest.approx(0, abs=1e-9)
    found = classes.frechet_by_class(features, labels, features, 1 - labels)
    assert min(found.values()) > 50


GOOD, IMAGES, LABELS = normal(6, 3), pictures(4), np.array([0, 1, 2])
NAN = np.where(np.arange(3) == 1, np.nan, GOOD)
REFUSED = {
    "a batch of one row's shape": (
        lambda: frechet.gather([GOOD, GOOD[0]]),
        r"`features` must have the shape \(count, dimensions\). Received: \(3,\).",
    ),
    "one sample": (
        lambda: frechet.gather([GOOD[:1], GOOD[:0]]),
        "`features` must hold at least 2 samples. Received: 1.",
    ),
    "no batch": (lambda: frechet.gather([]), "at least 2 samples. Received: 0."),
    "batches of two widths": (
        lambda: frechet.gather([GOOD, GOOD[:, :2]]),
        "the same dimensions in all batches. Received: 3 and 2.",
    ),
    "statistics of two widths": (
        lambda: between(GOOD, GOOD[:, :2]),
        "the same dimensions. Received: 3 and 2.",
    ),
    "features that are not numbers": (
        lambda: frechet.gather(NAN),
        "`features` must be finite, and holds a NaN or an infinity.",
    ),
    "features that are infinite": (
        lambda: neighbours.manifold_scores(GOOD, 1 / np.zeros_like(GOOD)),
        "`fake` must be finite",
    ),
    "subsets larger than a set": (
        lambda: kernel.kernel_distance(GOOD, GOOD, subset_size=7),
        "`real` must hold at least 7 samples. Received: 6.",
    ),
    "subsets of one": (
        lambda: kernel.kernel_distance(GOOD, GOOD, subset_size=1),
        "`subset_size` must be at least 2. Received: 1.",
    ),
    "no subsets": (
        lambda: kernel.kernel_distance(GOOD, GOOD, subsets=0),
        "`subsets` must be at least 1. Received: 0.",
    ),
    "features of two widths": (
        lambda: kernel.kernel_distance(GOOD, GOOD[:, :2], subset_size=2),
        r"the same shape. Received: \(3,\) and \(2,\).",
    ),
    "one image": (
        lambda: kernel.pixel_distance(IMAGES[:1], IMAGES),
        "`real` must hold at least 2 samples. Received: 1.",
    ),
    "images that are all the same": (
        lambda: kernel.pixel_distance(0 * IMAGES, IMAGES),
        "`bandwidth` must be above 0. Received: 0.0.",
    ),
    "images of floats": (
        lambda: kernel.pixel_distance(IMAGES / 255, IMAGES),
        r"`real` must be uint8 of the shape .* Received: float64 \(4, 16, 16, 3\).",
    ),
    "images of two sizes": (
        lambda: kernel.pixel_distance(IMAGES, IMAGES[:, 1:]),
        r"the same shape. Received: \(16, 16, 3\) and \(15, 16, 3\).",
    ),
    "probabilities that are logits": (
        lambda: inception_score.inception_score(GOOD, splits=2),
        "must be at least 0, with rows of the sum 1.",
    ),
    "probabilities that sum to 2": (
        lambda: inception_score.inception_score(np.ones((6, 2)), splits=2),
        "with sums from 2 to 2.",
    ),
    "more splits than images": (
        lambda: inception_score.inception_score(np.full((6, 2), 0.5)),
        "`probabilities` must hold at least 10 samples. Received: 6.",
    ),
    "no splits": (
        lambda: inception_score.inception_score(np.full((6, 2), 0.5), splits=0),
        "`splits` must be at least 1. Received: 0.",
    ),
    "no more samples than neighbours": (
        lambda: neighbours.manifold_scores(GOOD, GOOD[:5]),
        "`fake` must hold at least 6 samples. Received: 5.",
    ),
    "no neighbours": (
        lambda: neighbours.manifold_scores(GOOD, GOOD, neighbours=0),
        "`neighbours` must be at least 1. Received: 0.",
    ),
    "a query alone": (
        lambda: neighbours.nearest(GOOD[:1]),
        "`queries` must hold at least 2 samples. Received: 1.",
    ),
    "queries of another width": (
        lambda: neighbours.nearest(GOOD[:, :1], GOOD),
        r"`queries` and one of `references` must have the same shape.",
    ),
    "sets of two counts": (
        lambda: pyramid.pyramid_distances(IMAGES, IMAGES[:3]),
        r"the same shape. Received: \(4, 16, 16, 3\) and \(3, 16, 16, 3\).",
    ),
    "points of two counts": (
        lambda: pyramid.sliced_wasserstein(GOOD, GOOD[:3]),
        "`real` and `fake` must have the same shape.",
    ),
    "no directions": (
        lambda: pyramid.sliced_wasserstein(GOOD, GOOD, directions=0),
        "`directions` must be at least 1. Received: 0.",
    ),
    "no patches": (
        lambda: pyramid.pyramid_distances(IMAGES, IMAGES, patches=0),
        "`patches` must be at least 1. Received: 0.",
    ),
    "images smaller than a patch": (
        lambda: pyramid.pyramid_distances(IMAGES[:, :6], IMAGES[:, :6]),
        "`real` must have at least 7x7 pixels. Received: 6x16.",
    ),
    "images smaller than the window": (
        lambda: pixels.ms_ssim(IMAGES[:, :, :10], IMAGES[:, :, :10]),
        "`first` must have at least 11x11 pixels. Received: 16x10.",
    ),
    "no pairs": (
        lambda: pixels.diversity(IMAGES, pairs=0),
        "`pairs` must be at least 1. Received: 0.",
    ),
    "a label too large": (
        lambda: classes.modes(LABELS, 2),
        "`labels` must be below 2. Received: 2.",
    ),
    "a label below 0": (
        lambda: classes.divergence(LABELS, 3, LABELS - 1),
        "`real_labels` must be at least 0. Received: -1.",
    ),
    "labels of floats": (
        lambda: classes.modes(LABELS / 2, 3),
        r"`labels` must be integers of the shape \(count,\). Received: float64 \(3,\).",
    ),
    "flat labels to join": (
        lambda: classes.joint(LABELS, 3),
        r"`labels` must have the shape \(count, places\). Received: \(3,\).",
    ),
    "a label beyond the base": (
        lambda: classes.joint(np.array([[0, 5]]), 5),
        "`labels` must be below 5. Received: 5.",
    ),
    "the floor of no samples": (
        lambda: classes.divergence_floor(3, 0),
        "`count` must be at least 1. Received: 0.",
    ),
    "no classes": (
        lambda: classes.modes(LABELS, 0),
        "`classes` must be at least 1. Received: 0.",
    ),
    "labels of another count": (
        lambda: classes.frechet_by_class(GOOD, LABELS, GOOD, LABELS),
        "`real_labels` must be as many as `real`. Received: 3 and 6.",
    ),
    "a class of one image": (
        lambda: classes.frechet_by_class(GOOD[:3], LABELS, GOOD[:3], LABELS),
        "`real` must hold at least 2 images of each class. Received: 1 of class 0.",
    ),
    "a class that no real image has": (
        lambda: classes.frechet_by_class(GOOD[:3], 0 * LABELS, GOOD[:3], LABELS),
        "`fake_labels` holds 1, which no real image has.",
    ),
}


@pytest.mark.parametrize("call, sentence", REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_has_no_score_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_integers_become_floats_that_hold_them():
    assert checks.features("x", np.ones((2, 2), np.uint8)).dtype == np.float32
    assert checks.features("x", np.ones((2, 2), np.int32)).dtype == np.float64
    assert checks.features("x", np.ones((2, 2), np.float16)).dtype == np.float16
