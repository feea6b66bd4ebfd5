"""StackedMNIST: what its images are, and that they are never all there at once."""

import numpy as np
import pytest

from gan_lab.cli.main import main
from gan_lab.data import holdout
from gan_lab.data.batches import Batches
from gan_lab.data.sources.idx import read
from gan_lab.data.sources.published import MNIST
from gan_lab.errors import UsageError
from tests.pictures import idx, write_digits


@pytest.fixture
def folder(tmp_path):
    write_digits(tmp_path)
    return tmp_path


@pytest.fixture
def stacked(samples, folder):
    """A function from options to the samples of a small set."""

    def load(**options):
        return samples("stacked_mnist", path=str(folder), **{"count": 500} | options)

    return load


def digits_in(images):
    """The digits that the channels of images show: `(count, 3)`."""
    return (images[:, 1:].argmax(1).max(1) - 3) // 2


def test_each_channel_is_a_digit_and_the_label_is_what_they_spell(stacked):
    found = stacked()
    images = found.images[:]
    assert images.shape == (500, 28, 28, 3) == found.images.shape
    assert images.dtype == np.uint8 and images.flags.c_contiguous
    shown = digits_in(images)
    assert np.array_equal(found.labels, shown @ [100, 10, 1])
    assert found.classes[:2] == ("000", "001") and len(found.classes) == 1000
    names = ["".join(map(str, digits)) for digits in shown]
    assert [found.classes[label] for label in found.labels] == names


def test_channels_do_not_depend_on_each_other(stacked):
    shown = digits_in(stacked(count=9_000).images[:])
    for digits in shown.T:
        shares = np.bincount(digits, minlength=10) / len(digits)
        assert shares == pytest.approx(np.full(10, 0.1), abs=0.015)
    assert np.corrcoef(shown.T) == pytest.approx(np.eye(3), abs=0.04)


def test_the_draw_belongs_to_the_data_and_begins_alike_at_every_count(stacked):
    few, many = stacked(count=50), stacked()
    assert np.array_equal(few.images[:], many.images[:50])
    assert few.sha256() == stacked(count=50).sha256() != many.sha256()


@pytest.mark.parametrize("place", [3, -1, slice(2, 9), np.array([7, 7, 0]), [1, 2]])
def test_any_image_is_had_by_its_place(stacked, place):
    images = stacked().images
    assert np.array_equal(images[place], images[:][place])


def test_the_first_digits_alone_have_their_cube_of_modes(stacked):
    found = stacked(digits=5)
    shown = digits_in(found.images[:])
    assert shown.max() == 4 and len(found.classes) == 125
    assert np.array_equal(found.labels, shown @ [25, 5, 1])
    assert found.stacked.classes == tuple("01234")


@pytest.mark.parametrize(
    "split, count, marks", [("all", 60, {0, 1}), ("train", 40, {0}), ("test", 20, {1})]
)
def test_a_split_says_which_digits_are_drawn(stacked, split, count, marks):
    found = stacked(split=split)
    assert found.stacked.count == count
    assert set(np.unique(found.images[:][:, 0, 1])) == marks


def test_what_training_on_mnists_own_part_holds_out_is_of_the_other(folder):
    from omegaconf import OmegaConf

    from gan_lab.config.schema import schema
    from gan_lab.data import dataset
    from gan_lab.system.console import Console

    data = OmegaConf.structured(schema("data", "stacked_mnist"))
    data.path, data.count = str(folder), 30
    for split, is_there in (("train", True), ("all", False)):
        data.split = split
        held = dataset.load_holdout(data, dataset.find(data), Console())
        assert (held is not None) is is_there
        if held:
            assert (held.images[:][:, 0, 1] == 1).all()


def test_a_limit_and_a_holdout_work_as_with_other_images(stacked):
    few = stacked(limit=100)
    assert few.count == 100 and few.stacked is not None
    training, held = holdout.split(few, 0.1)
    assert training.count + held.count == 100 and 5 < held.count < 20
    both = np.concatenate([training.images[np.arange(training.count)], held.images[:]])
    assert np.array_equal(np.sort(both, 0), np.sort(few.images[np.arange(100)], 0))


def test_batches_are_dealt_and_mirrored_as_those_of_other_images(stacked):
    found = stacked()
    batches = Batches(found, 16, seed=1, flip=True)
    places = batches.places(3)
    whole = found.images[:]
    expected = [whole[p] if p >= 0 else whole[~p][:, ::-1] for p in places]
    assert np.array_equal(batches(3), expected)


def test_nothing_is_put_into_the_cache(stacked, folder):
    stacked(cache=str(folder / "cache"))
    assert not (folder / "cache").exists()


def test_the_verbs_of_data_look_at_stacks(folder, capsys):
    asked = ["data=stacked_mnist", f"data.path='{folder}'", "data.count=40"]
    assert main(["data", "inspect", *asked]) == 0
    said = capsys.readouterr().out
    assert "40 found: 40 used" in said
    assert "28x28x3 each, 0 bytes in the cache" in said
    assert main(["data", "prepare", *asked]) == 0
    assert "40 images of 28x28x3 are ready" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"digits": 1}, "`data.digits` must be from 2 to 10. Received: 1"),
        ({"digits": 11}, "`data.digits` must be from 2 to 10. Received: 11"),
        ({"count": 0}, "`data.count` must be at least 1"),
        ({"image_size": 32}, "`data.image_size` cannot change the images"),
        ({"channels": 1}, "`data.channels` cannot change the images"),
    ],
)
def test_an_option_without_a_meaning_is_refused(stacked, wrong, message):
    with pytest.raises(UsageError, match=message):
        stacked(**wrong)


def test_files_that_are_not_all_there_are_one_sentence(stacked, folder):
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(UsageError, match=r"t10k-labels-idx1-ubyte.*need their labels"):
        stacked()
    (folder / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(UsageError, match="has no t10k-images-idx3-ubyte"):
        stacked()
    assert stacked(split="train").count == 500


def test_files_of_something_else_are_one_sentence(stacked, folder):
    images, labels = read(str(folder), "t10k", MNIST)
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(images[:, :14, :, 0]))
    with pytest.raises(UsageError, match=r"28x28 in t10k.*array \(20, 14, 28\)"):
        stacked()
    write_digits(folder, train=7, test=7)
    assert labels.max() == 9
    with pytest.raises(UsageError, match="has no digit 7"):
        stacked()


def test_mnist_itself_makes_a_thousand_modes(samples, data_dir):
    found = samples("stacked_mnist", path=str(data_dir / "mnist"))
    assert found.images.shape == (128_000, 28, 28, 3)
    assert found.stacked.images.shape == (70_000, 28, 28, 1)
    counts = np.array(list(found.classes_counted().values()))
    assert len(counts) == 1000 and 70 < counts.min() < counts.max() < 200
