"""The bench: what a round costs, counted and measured."""

import json

import keras
import pytest
from keras import layers

import gan_lab
from gan_lab import GAN, flops
from gan_lab.bench import comparing, table
from gan_lab.bench.measuring import as_shares, taken
from gan_lab.bench.rows import rows
from gan_lab.bench.shares import split
from gan_lab.cli.main import main
from gan_lab.errors import UsageError
from gan_lab.flops import Work, of_network
from gan_lab.losses.adversarial import bce, wasserstein
from gan_lab.losses.penalties import gradient_penalty
from gan_lab.models.networks import Networks
from gan_lab.trainers.steps import Alternating, Simultaneous
from tests.conftest import TINY


def sequential(*stack):
    return keras.Sequential(stack)


def forward(shape, layer) -> int:
    return of_network(sequential(layers.Input(shape), layer)).forward


def test_a_dense_layer_multiplies_and_adds_once_a_weight():
    assert forward((5,), layers.Dense(7)) == 2 * 5 * 7
    assert forward((3, 5), layers.Dense(7)) == 3 * 2 * 5 * 7


@pytest.mark.parametrize(
    "strides, padding, side",
    [(1, "same", 9), (1, "valid", 7), (2, "same", 5), (2, "valid", 4), (3, "same", 3)],
)
def test_a_convolution_applies_its_kernel_at_each_place_it_makes(
    strides, padding, side
):
    layer = layers.Conv2D(4, 3, strides=strides, padding=padding)
    assert forward((9, 9, 2), layer) == side * side * 2 * 3 * 3 * 2 * 4


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_a_transposed_convolution_applies_it_at_each_place_it_reads(strides, padding):
    layer = layers.Conv2DTranspose(4, 3, strides=strides, padding=padding)
    assert forward((9, 9, 2), layer) == 9 * 9 * 2 * 3 * 3 * 2 * 4


@pytest.mark.parametrize(
    "layer, count",
    [
        (layers.Conv2D(4, 3, groups=2), 7 * 7 * 2 * 3 * 3 * 1 * 4),
        (layers.Conv2D(4, 3, dilation_rate=2), 5 * 5 * 2 * 3 * 3 * 2 * 4),
        (layers.DepthwiseConv2D(3, depth_multiplier=3), 7 * 7 * 2 * 3 * 3 * 2 * 3),
        (layers.SeparableConv2D(4, 3), 7 * 7 * 2 * (3 * 3 * 2 + 2 * 4)),
        (layers.SpectralNormalization(layers.Conv2D(4, 3)), 7 * 7 * 2 * 3 * 3 * 2 * 4),
        (layers.BatchNormalization(), 0),
        (layers.LeakyReLU(), 0),
    ],
    ids=["groups", "dilation", "depthwise", "separable", "spectral", "norm", "relu"],
)
def test_other_layers_count_their_kernels(layer, count):
    assert forward((9, 9, 2), layer) == count


def test_the_first_layer_that_is_trained_needs_no_gradient_of_its_inputs():
    three = [layers.Dense(3), layers.Dense(5), layers.Dense(7)]
    network = sequential(layers.Input((2,)), *three)
    one, two, last = 2 * 2 * 3, 2 * 3 * 5, 2 * 5 * 7
    work = of_network(network)
    assert (work.forward, work.weights, work.between) == (
        one + two + last,
        one + two + last,
        two + last,
    )
    three[0].trainable = False
    work = of_network(network)
    assert (work.weights, work.between) == (two + last, last)


def test_both_ways_of_a_branch_are_counted_and_a_model_in_a_model():
    given = layers.Input((4,))
    wide = layers.Dense(4)(given)
    inner = sequential(layers.Input((4,)), layers.Dense(4), layers.Dense(4))
    work = of_network(keras.Model(given, layers.Add()([wide, inner(wide)])))
    assert (work.forward, work.between) == (3 * 32, 2 * 32)


def test_a_layer_that_is_used_twice_costs_twice():
    given, layer = layers.Input((4,)), layers.Dense(4)
    assert of_network(keras.Model(given, layer(layer(given)))).forward == 2 * 32


def test_kernels_of_an_unknown_kind_are_named_and_the_round_is_not_counted():
    odd = layers.EinsumDense("ab,bc->ac", 1, name="odd")
    gan = small(Alternating())
    gan.discriminator = sequential(layers.Input((3,)), odd)
    assert of_network(gan.discriminator).uncounted == ("odd",)
    assert flops.of_round(gan, 4) is None


def small(step, loss=None) -> GAN:
    """A generator of 2 x 3 weights, and a discriminator of 3 x 5 and 5 x 1."""
    generator = sequential(layers.Input((2,)), layers.Dense(3))
    discriminator = sequential(
        layers.Input((3,)), layers.Dense(5), layers.ReLU(), layers.Dense(1)
    )
    return GAN(Networks(generator, discriminator), loss or bce(None), step=step)


G, D1, D2 = 2 * 2 * 3, 2 * 3 * 5, 2 * 5 * 1
UPDATE = 2 * (2 * (D1 + D2) + D2)  # of real and fake: a pass, weights, between
SLOPE = 2 * (D1 + D2)  # the generator's loss, and back to the fakes


@pytest.mark.parametrize(
    "step, count",
    [
        (Alternating(), 2 * G + UPDATE + SLOPE + G),
        (Alternating(shared=True), G + UPDATE + SLOPE + G),
        (Alternating(3), 4 * G + 3 * UPDATE + SLOPE + G),
        (Simultaneous(), G + UPDATE + SLOPE // 2 + G),
    ],
    ids=["fresh", "shared", "three", "simultaneous"],
)
def test_a_round_is_its_passes_and_gradients(step, count):
    assert flops.of_round(small(step), 8) == 8 * count


def test_a_penalty_adds_a_pass_a_slope_and_the_gradient_of_the_slope():
    gan = small(Alternating(), wasserstein(gradient_penalty()))
    first = 2 * (D1 + D2)
    second = (D1 + D2) + D1  # weights; up through all but the last layer
    without = flops.of_round(small(Alternating()), 1)
    assert flops.of_round(gan, 1) == without + first + second


def test_second_derivatives_send_the_gradient_of_a_slope_down_again():
    flat = [layers.Input((3,)), layers.Dense(5), layers.ReLU(), layers.Dense(1)]
    curved = [*flat]
    curved[2] = layers.Activation("tanh")
    own = [layers.Input((3,)), layers.Dense(5, activation="tanh"), layers.Dense(1)]
    slopes = of_network(sequential(*flat)).slopes
    assert of_network(sequential(*curved)).slopes == slopes + D1
    assert of_network(sequential(*own)).slopes == slopes + D1
    normed = [layers.Input((3,)), layers.SpectralNormalization(layers.Dense(5))]
    normed += [layers.ReLU(), layers.SpectralNormalization(layers.Dense(1))]
    assert of_network(sequential(*normed)).slopes == slopes


def executed(gan, shape: tuple, batch: int) -> int:
    """Operations of the kernels in TensorFlow's graph of a round, as it prunes it."""
    import math

    import tensorflow as tf

    real = tf.TensorSpec((batch * gan.step.critic_steps, *shape), tf.float32)
    step = tf.function(gan.train_step, autograph=False)
    graph = step.get_concrete_function(real).graph
    assigned = [op for op in graph.get_operations() if op.type == "ResourceApplyAdam"]
    needed, ahead = {}, [*assigned, *(tensor.op for tensor in graph.outputs)]
    while ahead:
        op = ahead.pop()
        if op.name not in needed:
            needed[op.name] = op
            ahead += [*(tensor.op for tensor in op.inputs), *op.control_inputs]
    total = 0
    for op in needed.values():
        shapes = [tensor.shape for tensor in (*op.inputs, *op.outputs)]
        if op.type == "MatMul":
            (rows, columns), made = shapes[0], shapes[-1]
            inner = rows if op.get_attr("transpose_a") else columns
            total += 2 * math.prod(made) * inner
        elif op.type == "Conv2D":
            total += 2 * math.prod(shapes[1]) * math.prod(shapes[-1][:3])
        elif op.type == "Conv2DBackpropInput":
            total += 2 * math.prod(shapes[1]) * math.prod(shapes[2][:3])
        elif op.type == "Conv2DBackpropFilter":
            total += 2 * math.prod(shapes[-1]) * math.prod(shapes[2][:3])
    return total


@pytest.mark.parametrize(
    "overrides",
    [
        ["trainer.latents=shared"],
        ["trainer=simultaneous"],
        ["trainer.critic_steps=2", "model.kernel=4"],
    ],
    ids=" ".join,
)
def test_the_count_is_what_tensorflow_does(tiny, overrides):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("it reads TensorFlow's graph")
    from gan_lab.config.check import check
    from gan_lab.training.build import gan_of

    gan = gan_of(check(tiny(*overrides)), (16, 16, 1))
    assert flops.of_round(gan, 4) == executed(gan, (16, 16, 1), 4)


def test_a_step_of_ones_own_is_not_counted():
    class Mine:
        critic_steps = 1

    assert flops.of_round(small(Mine()), 4) is None


def test_a_run_says_what_a_round_costs_and_how_fast_it_began(tiny):
    run = gan_lab.train(tiny("trainer.critic_steps=2"))
    summary = run.folder.summary()
    work = flops.of_round(run.gan, 4) / 1e9
    assert summary["gflop_per_round"] == work
    rounds = summary["images_per_second"] / 8
    assert summary["gflop_per_second"] == pytest.approx(work * rounds)
    assert summary["startup_seconds"] > 0


def test_the_parts_of_a_round_are_differences_of_whole_and_shorter_ones():
    whole, slower = (1.0, 0.1), (1.9, 0.1)  # someone else came between
    whole, silent = [whole, slower, whole], [(0.88, 0.08), (1.6, 0.0), (0.88, 0.08)]
    judged = [(0.7, 0.2), (1.2, 0.2), (0.7, 0.2)]
    parts = split({"whole": whole, "silent": silent, "judging": judged})
    assert parts == pytest.approx(
        {"data": 0.1, "discriminator": 0.4, "generator": 0.4, "logging": 0.1}
    )
    assert sum(parts.values()) == pytest.approx(1.0)


def test_turns_go_there_and_back_and_each_has_its_least():
    order = []
    turns = {name: lambda name=name: order.append(name) or name for name in "ab"}
    assert taken(turns, 0.0, 3) == {"a": ["a"] * 3, "b": ["b"] * 3}
    assert "".join(order) == "baabba"


def test_what_noise_makes_negative_has_no_share():
    assert as_shares({"a": 3.0, "b": 1.0, "c": -0.5}) == {"a": 0.75, "b": 0.25, "c": 0}


def test_a_bench_takes_its_configuration_and_half_precision_beside_it():
    labels = [row.label for row in rows([*TINY, "trainer.latents=shared"])]
    assert labels == [
        {"step": "alternating shared", "batch": 4, "precision": precision}
        for precision in ("float32", "mixed_bfloat16")
    ]


def test_a_bench_measures_every_combination():
    chosen = rows(
        [*TINY, "trainer=alternating"],
        ["alternating", "simultaneous"],
        ["2", "8"],
        ["float32"],
    )
    assert [(row.step, row.config.trainer.batch_size) for row in chosen] == [
        ("alternating", 2),
        ("alternating", 8),
        ("simultaneous", 2),
        ("simultaneous", 8),
    ]


@pytest.mark.parametrize(
    "overrides, shape",
    [
        (["experiment=digits_28"], (28, 1)),
        (["experiment=roses_64"], (64, 3)),
        (["experiment=faces_64"], (64, 3)),
        (["data=cifar10", "data.flip=true"], (32, 3)),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_made_up_pictures_stand_in_for_data_that_is_not_here(overrides, shape):
    for row in rows(overrides):
        data = row.config.data
        assert row.stands_in and data.name == "synthetic"
        assert (data.image_size, data.channels) == shape
        assert data.flip == ("data.flip=true" in overrides)


def test_data_that_is_here_is_used():
    assert not any(row.stands_in for row in rows(TINY))


MISTAKES = [
    (["--batches", "16,x"], "`--batches` must be whole numbers.*Received: x"),
    (["--batches", "0"], "`--batches` must be whole numbers of at least 1"),
    (["--seconds", "0"], "`--seconds` must be above 0. Received: 0"),
    (["--steps", "alternatin"], "`trainer=alternatin`.*Did you mean `alternating`"),
    (["--precisions", "float8"], "float32, mixed_bfloat16 or .*Received: float8"),
    (["--against", "nowhere.json"], "`--against` must be a file that bench wrote"),
    (["--out", "figures.txt"], "`--out` must be a .json file"),
    (["modle=dcgan"], "`modle`.*Did you mean `model`"),
    (["somewhere"], "`somewhere` is not an override"),
    (["data=mnist", "data.path=/nowhere"], "`data.path`: /nowhere has no train"),
    (["data=array"], "`data=array` is not here.*`data.image_size`"),
]


@pytest.mark.parametrize("arguments, message", MISTAKES, ids=str)
def test_a_mistake_is_one_line(arguments, message, tmp_path, monkeypatch, capfd):
    import re

    monkeypatch.chdir(tmp_path)
    assert main(["bench", *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == "" and len(err.splitlines()) == 1, err
    assert re.search(message, err), err


def figures(seconds: float = 0.5, **changes) -> dict:
    """What a row comes to, without a measurement."""
    row = {
        "step": "alternating",
        "batch": 4,
        "precision": "float32",
        "stands_in": False,
        "config": {"model": {"width": 4}},
        "round_seconds": {"low": seconds, "median": seconds, "high": seconds},
        "rounds_per_second": 1 / seconds,
        "images_per_second": 4 / seconds,
        "flop_per_round": 10**9,
        "flop_per_second": 1e9 / seconds,
        "peaks": {"matrix product": 4e9, "convolution": 8e9},
        "reached": {"matrix product": 0.5, "convolution": 0.25},
        "shares": dict.fromkeys(table.SHARES, 1 / 6),
        "peak_memory_bytes": 10**8,
        "startup": dict.fromkeys(table.STARTUP, 1.0),
        "load": None,
    }
    return row | changes


def test_the_table_has_a_column_a_row_and_the_share_of_the_peak():
    found = [
        figures(),
        figures(precision="mixed_bfloat16", flop_per_second=None, reached=None),
    ]
    assert table.heads(found) == [
        "alternating, 4, float32",
        "alternating, 4, mixed_bfloat16",
    ]
    lines = {line[0]: line[1:] for line in table.cells(found)}
    assert lines["rounds a second"] == ["2", "2"]
    assert lines["GFLOP/s"] == ["2", "not counted"]
    assert lines["of a matrix product"] == ["4 (50%)", "4"]


def test_figures_are_compared_as_ratios_by_step_batch_and_precision():
    now = [figures(0.25), figures(batch=16)]
    (ratio,) = comparing.ratios(now, [figures(0.5)])
    assert ratio["rounds a second"] == 2 and ratio["peak memory"] == 1
    unknown = figures(0.5, flop_per_second=None)
    assert comparing.ratios(now, [unknown])[0]["GFLOP/s"] is None


def test_another_machine_or_configuration_is_named():
    now = {"machine": {"cores": 4}, "rows": [figures()]}
    wider = figures(config={"model": {"width": 8}})
    before = {"machine": {"cores": 2}, "rows": [wider]}
    assert comparing.apart(now, before) == [
        "cores was 2, is 4",
        "model.width was 8, is 4",
    ]
    assert comparing.apart(now, now) == []


@pytest.mark.parametrize("text", ["[]", "{}", "x", '{"format": "another"}'])
def test_a_file_that_bench_did_not_write_is_refused(text, tmp_path):
    (tmp_path / "file.json").write_text(text)
    with pytest.raises(UsageError, match="must be a file that bench wrote"):
        comparing.read(tmp_path / "file.json")


@pytest.mark.full
def test_a_bench_measures_and_leaves_nothing_behind(command, tmp_path):
    said = command(
        "bench",
        *TINY,
        "trainer.latents=shared",
        *("--steps", "alternating"),
        *("--precisions", "float32"),
        *("--seconds", "0.1"),
        "--json",
    )
    found = json.loads(said.stdout)
    (row,) = found["rows"]
    assert list(tmp_path.iterdir()) == [] and not found["failed"]
    assert row["step"] == "alternating shared" and row["flop_per_round"] > 0
    assert set(row["shares"]) == set(table.SHARES)
    assert sum(row["shares"].values()) == pytest.approx(1.0)
    assert list(row["startup"]) == [
        "import",
        "data",
        "build",
        "first picture",
        "first round",
        "in all",
    ]
    (ratio,) = comparing.ratios([row], [row])
    assert {ratio[name] for name in comparing.RATIOS} == {1.0}
    assert len(table.cells([row])[1]) == 2


@pytest.mark.full
def test_a_row_that_cannot_be_built_is_the_users_mistake(command, tmp_path):
    said = command("bench", *TINY, "data.image_size=24", "--seconds", "0.1")
    assert said.returncode == 2
    assert "4, 5 or 7 times a power of two" in said.stderr


def test_nothing_is_counted_of_no_layers():
    assert Work().trained == 0
