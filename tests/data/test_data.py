"""The order in which a run sees images, and what samples are."""

import time

import numpy as np
import pytest

from gan_lab.data import holdout
from gan_lab.data.batches import Batches, ReadAhead
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError


def batches(count=10, size=4, seed=0, shuffle=True):
    images = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)
    return Batches(Samples(images), size, seed, shuffle)


def test_an_epoch_shows_every_image_once():
    dealt = np.concatenate([batches()(round).ravel() for round in range(5)])
    assert sorted(dealt[:10]) == sorted(dealt[10:]) == list(range(10))
    assert list(dealt[:10]) != list(dealt[10:])


def test_the_batch_of_a_round_does_not_depend_on_the_rounds_before():
    straight = [batches()(round) for round in range(8)]
    walked = batches()
    for round in (7, 2, 5, 0):
        assert np.array_equal(walked(round), straight[round])


def test_the_order_depends_on_the_seed():
    assert not np.array_equal(batches(seed=0)(0), batches(seed=1)(0))


def test_without_shuffling_the_order_is_the_sources():
    dealt = [batches(shuffle=False)(round).ravel().tolist() for round in range(3)]
    assert dealt == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]


def test_a_batch_may_be_larger_than_the_data_set():
    dealt = batches(count=3, size=7)(0).ravel()
    assert sorted(dealt[:3]) == sorted(dealt[3:6]) == [0, 1, 2]


def test_flips_mirror_about_half_of_the_images_and_depend_on_seed_and_round_alone():
    images = np.arange(4 * 6, dtype=np.uint8).reshape(4, 2, 3, 1)

    def dealt(seed, round):
        return Batches(Samples(images), 100, seed, shuffle=False, flip=True)(round)

    batch, places = dealt(0, 5), np.arange(500, 600) % 4
    kept = np.all(batch == images[places], axis=(1, 2, 3))
    mirrored = np.all(batch == images[places, :, ::-1], axis=(1, 2, 3))
    assert np.all(kept ^ mirrored) and 30 < kept.sum() < 70
    assert np.array_equal(dealt(0, 5), batch)
    assert not np.array_equal(dealt(1, 5), batch)
    assert not np.array_equal(dealt(0, 6), batch)


def test_flips_do_not_change_the_images_themselves():
    images = np.arange(12, dtype=np.uint8).reshape(2, 2, 3, 1)
    before = images.copy()
    Batches(Samples(images), 8, 0, flip=True)(0)
    assert np.array_equal(images, before)


def test_reading_ahead_gives_the_batches_in_order_from_any_round():
    ahead = ReadAhead(batches(), first=3)
    for round in range(3, 9):
        assert np.array_equal(ahead(), batches()(round))
    ahead.close()
    assert not ahead._thread.is_alive()


def test_reading_ahead_hands_on_what_went_wrong():
    def broken(round):
        raise OSError("the disk is gone")

    ahead = ReadAhead(broken, first=0)
    with pytest.raises(OSError, match="the disk is gone"):
        ahead()
    ahead.close()


def test_waiting_for_data_is_counted():
    def slow(round):
        time.sleep(0.05)
        return round

    ahead = ReadAhead(slow, first=0)
    for _ in range(4):
        ahead()
    ahead.close()
    assert ahead.waited > 0.05


# Samples and what is held out of them.


def many(count=100, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (count, 4, 4, 1), np.uint8)


def test_a_selection_reads_like_the_rows_it_names():
    samples = Samples(many(), labels=np.arange(100, dtype=np.int32) % 7)
    chosen = samples.select([5, 3, 90])
    assert chosen.shape == (4, 4, 1) and chosen.count == 3
    assert np.array_equal(chosen.images[np.array([2, 0])], samples.images[[90, 5]])
    assert chosen.labels.tolist() == [5, 3, 6]
    assert chosen.sha256() != samples.sha256()


def test_a_holdout_has_the_share_that_was_asked_for_and_nothing_in_common():
    train, held = holdout.split(Samples(many()), 0.1)
    assert (train.count, held.count) == (90, 10)
    seen = {image.tobytes() for image in train.images[np.arange(90)]}
    assert not seen & {image.tobytes() for image in held.images[np.arange(10)]}


def test_the_holdout_does_not_depend_on_the_order():
    images = many()
    one = holdout.split(Samples(images), 0.2)[1].images
    other = holdout.split(Samples(images[::-1].copy()), 0.2)[1].images
    ordered = [sorted(i.tobytes() for i in s[np.arange(20)]) for s in (one, other)]
    assert ordered[0] == ordered[1]


def test_exact_duplicates_are_on_one_side():
    images = np.concatenate([many(50)] * 2)
    for share in (0.1, 0.25, 0.5):
        train, held = holdout.split(Samples(images), share)
        seen = {image.tobytes() for image in train.images[np.arange(train.count)]}
        apart = {image.tobytes() for image in held.images[np.arange(held.count)]}
        assert not seen & apart and held.count % 2 == 0


def test_a_holdout_of_everything_is_refused():
    with pytest.raises(UsageError, match=r"`data.holdout` leaves no image"):
        holdout.split(Samples(np.zeros((9, 4, 4, 1), np.uint8)), 0.1)
