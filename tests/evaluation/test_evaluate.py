"""The verbs `evaluate` and `sample`, and the judge behind the first."""

import errno
import json
import os
import shutil
import threading

import numpy as np
import pytest
from PIL import Image

from gan_lab.artifacts import scores_jsonl
from gan_lab.artifacts.scores_jsonl import Score
from gan_lab.cli.main import main
from gan_lab.data.samples import Samples
from gan_lab.errors import UsageError
from gan_lab.evaluation.catalogue import families, full_name, higher_is_better
from gan_lab.evaluation.judge import Judge
from gan_lab.evaluation.measure import measure
from gan_lab.evaluation.memorisation import between, memorisation
from gan_lab.review.scoring import Scoring
from gan_lab.system.console import Console
from gan_lab.training.train import train

pytestmark = pytest.mark.usefixtures("compiled_once")


def pictures(count, side=16, seed=0, channels=1):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (count, side, side, channels), np.uint8)


# The judge.


class Extractor:
    """Means of the quarters of an image; a class for each quarter."""

    def __init__(self, name="lab", classes=4, weights="0" * 64):
        self.name, self.weights, self.resize = name, weights, "none"
        self.facts = {"classes": classes, "accuracy": 0.5}
        self.asked = 0

    def __call__(self, images):
        self.asked += 1
        count, side = len(images), images.shape[1] // 2
        quarters = images.reshape(count, 2, side, 2, side, -1).mean((2, 4, 5))
        features = quarters.reshape(count, 4).astype(np.float32)
        return features, features / features.sum(1, keepdims=True)


def labelled(count=40):
    return Samples(pictures(count), labels=np.arange(count) % 4, classes=tuple("abcd"))


@pytest.mark.parametrize(
    "name, extractor, full",
    [
        ("frechet", "inception", "fid"),
        ("kernel", "inception", "kid"),
        ("inception_score", "inception", "is"),
        ("precision", "inception", "precision/inception"),
        ("frechet", "lab", "frechet/lab"),
        ("class_frechet/3", "lab", "class_frechet/lab/3"),
        ("swd", None, "swd"),
        ("swd/16", None, "swd/16"),
    ],
)
def test_only_scores_from_inception_bear_the_plain_names(name, extractor, full):
    assert full_name(name, extractor) == full


def test_a_judge_measures_all_that_can_be_measured():
    judge = Judge(labelled(), None, None, Extractor())
    found = judge(pictures(40, seed=1))
    assert set(judge.names) <= set(found)
    assert set(judge.families) == set(families()) - {
        "mixture",
        "stacked_modes",
        "stacked_kl",
    }
    assert all(np.isfinite(value) for value in found.values())
    assert "class_frechet/lab/a" in found


def test_without_labels_nothing_is_said_of_classes():
    judge = Judge(Samples(pictures(40)), None, None, Extractor(classes=0))
    assert not {"classes", "class_frechet", "inception_score"} & set(judge.families)
    with pytest.raises(UsageError, match="`classes` cannot be measured: it needs lab"):
        Judge(Samples(pictures(40)), None, ["classes"], Extractor(classes=0))


def test_the_real_images_are_at_no_distance_from_themselves():
    judge = Judge(labelled(), None, None, Extractor())
    found = judge(labelled().images)
    assert found["frechet/lab"] == pytest.approx(0, abs=1e-6)
    assert found["diversity"] == pytest.approx(1, abs=0.02)
    assert found["copies"] == 1 and found["strangeness"] == 0
    assert found["precision/lab"] == found["recall/lab"] == 1


def test_real_images_that_come_class_by_class_are_not_met_class_by_class():
    dark, bright = pictures(200) // 4, 255 - pictures(200, seed=1) // 4
    sorted_ = Samples(np.concatenate([dark, bright]))
    some = np.random.default_rng(0).permutation(400)[:100]
    judge = Judge(sorted_, None, ["swd", "mmd", "prdc"], Extractor())
    found = judge(sorted_.images[some])
    assert found["mmd"] < 0.05
    assert found["precision/lab"] > 0.9
    assert found["swd"] < 0.3 * judge(dark[:100])["swd"]


def test_the_spread_of_features_is_a_share_of_that_of_real_images():
    real = pictures(200)
    narrower = (128 + (real.astype(int) - 128) // 2).astype(np.uint8)
    judge = Judge(Samples(real), None, ["frechet"], Extractor())
    assert judge(narrower)["feature_spread/lab"] == pytest.approx(0.5, abs=0.01)


def test_a_class_that_is_hardly_there_is_left_out_of_the_mean():
    labels = np.array([0] * 20 + [1] * 19 + [2])
    rare = Samples(pictures(40), labels=labels, classes=tuple("abcd"))
    found = Judge(rare, None, ["class_frechet"], Extractor())(pictures(40, seed=1))
    assert set(found) == {f"class_frechet/lab{part}" for part in ("", "/a", "/b")}


def test_the_mean_over_classes_is_that_of_all_classes_or_of_none():
    """A generator of one class would have no worse a mean than one of all four."""
    judge = Judge(labelled(), None, ["class_frechet", "swd"], Extractor())
    images = pictures(40, seed=1)
    predicted = Extractor()(images)[1].argmax(1)
    found = judge(images[predicted == 2])
    assert {name for name in found if "frechet" in name} == {"class_frechet/lab/c"}
    assert judge.missing(found) == {
        "class_frechet/lab": "at least 2 samples of each class"
    }
    assert "class_frechet/lab" in judge(images) and not judge.missing(judge(images))
    protocol = judge.protocol("class_frechet/lab", samples=40)
    assert protocol["options"] == {"mean": "of all classes"}


def test_a_score_that_one_repeat_lacks_is_no_score_of_all_of_them():
    judge = Judge(labelled(), None, ["class_frechet"], Extractor())
    images = pictures(40, seed=1)
    one_class = images[Extractor()(images)[1].argmax(1) == 2]
    for draws in ([images, one_class], [one_class, images]):
        found = measure(judge, lambda seed, of=draws: of[seed], seed=0, repeats=2)
        assert {score.name for score in found} == {"class_frechet/lab/c"}


def test_one_class_and_one_image_are_too_few():
    with pytest.raises(UsageError, match="it needs labels of at least 2 classes"):
        Judge(labelled(), None, ["classes"], Extractor(classes=0))
    with pytest.raises(UsageError, match="it needs at least 2 real images"):
        Judge(labelled(1), None, ["swd"])


def test_a_protocol_says_all_that_a_score_hangs_on():
    judge = Judge(labelled(), labelled(8), ["prdc", "swd"], Extractor(), seed=3)
    protocol = judge.protocol("precision/lab", samples=40, generator="last")
    assert protocol == {
        "extractor": "lab",
        "weights": "0" * 64,
        "quality": {"accuracy": 0.5},
        "resize": "none",
        "precision": "float32",
        "real": "train",
        "real_images": 40,
        "data": labelled().sha256(),
        "seed": 3,
        "options": {"neighbours": 5},
        "samples": 40,
        "generator": "last",
    }
    assert judge.protocol("swd")["extractor"] is None
    held = Judge(labelled(), labelled(8), ["swd"], against="holdout")
    assert held.protocol("swd")["real_images"] == 8


def test_features_of_real_images_are_kept_by_all_that_they_hang_on(tmp_path):
    def judged(**options):
        extractor = Extractor(weights=options.pop("weights", "0" * 64))
        judge = Judge(
            labelled(), None, ["frechet"], extractor, cache=tmp_path, **options
        )
        return judge(pictures(40, seed=1)), extractor.asked

    first, asked = judged()
    assert asked == 2
    again, asked = judged()
    assert asked == 1 and again == first
    assert judged(real_images=30)[1] == judged(weights="1" * 64)[1] == 2
    (kept, *_) = sorted(tmp_path.iterdir())
    for kept in tmp_path.iterdir():
        kept.write_bytes(b"PK damaged")
    assert judged() == (first, 2)


def test_scores_are_compared_only_where_protocols_are_equal():
    score = Score("swd", 1.0, False, {"samples": 10}, 5)
    assert score.comparable(Score("swd", 2.0, False, {"samples": 10}, 9))
    assert not score.comparable(Score("swd", 2.0, False, {"samples": 11}, 9))
    assert not score.comparable(Score("swd", 2.0, False, {"samples": 10}, 9, repeats=3))


def test_a_line_of_scores_that_was_cut_off_does_not_count(tmp_path):
    path, score = tmp_path / "scores.jsonl", Score("swd", 1.0, False, {}, 5)
    scores_jsonl.append(path, [score, score])
    path.write_bytes(path.read_bytes()[:-9])
    assert scores_jsonl.read(path) == [score]
    scores_jsonl.append(path, [score])
    assert scores_jsonl.read(path) == [score, score]
    scores_jsonl.trim(path, 4)
    assert scores_jsonl.read(path) == []


def test_up_is_better_for_these():
    assert higher_is_better("coverage/lab") and higher_is_better("is")
    assert not higher_is_better("fid") and not higher_is_better("copies")


# Memorisation.


def test_copies_are_told_from_other_pictures():
    training, others = pictures(100), pictures(100, seed=1)
    mixed = np.concatenate([training[:30], others[:70]])
    found = memorisation(mixed, training, others)
    assert found["copies"] == pytest.approx(0.3)
    assert memorisation(others, training)["copies"] == 0
    assert "nearest_holdout" not in memorisation(others, training)


def test_pictures_are_compared_at_thirty_two_pixels():
    training = pictures(60, side=70)
    noisy = np.clip(training.astype(int) + 40 * (-1) ** np.arange(70)[:, None], 0, 255)
    assert memorisation(noisy.astype(np.uint8), training)["copies"] == 1


def test_the_distance_between_real_pictures_is_that_to_the_nearest_other():
    images = np.array([0, 10, 14], np.uint8).repeat(64).reshape(3, 8, 8, 1)
    assert between(images, 3) == pytest.approx((10 + 4 + 4) / 3)


# The verbs.


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    import gan_lab
    from tests.conftest import TINY

    runs = tmp_path_factory.mktemp("runs")
    config = gan_lab.load_config(*TINY, f"runs='{runs}'", "trainer.metric_ticks=1")
    return train(config, console=Console(quiet=True))


PIXELS = ("--metrics", "swd,ms_ssim,memorisation", "--samples", "16")


def test_evaluate_adds_scores_with_their_protocols(run, capsys):
    before = len(scores_jsonl.read(run.folder.scores))
    asked = ["evaluate", str(run.folder.path), *PIXELS, "--repeats", "3", "--json"]
    assert main(asked) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"swd", "ms_ssim", "diversity", "copies", "strangeness"}
    assert said["swd"]["repeats"] == 3 and said["swd"]["deviation"] > 0
    assert said["swd"]["round"] == 4
    assert said["swd"]["protocol"]["generator"] == "average"
    assert said["swd"]["protocol"]["checkpoint"] == "last"
    assert len(scores_jsonl.read(run.folder.scores)) == before + 5


def test_evaluate_says_the_same_twice_and_other_things_of_other_checkpoints(
    run, capsys
):
    def swd(*more):
        assert main(["evaluate", str(run.folder.path), *PIXELS, "--json", *more]) == 0
        return json.loads(capsys.readouterr().out)["swd"]

    assert swd()["value"] == swd()["value"] != swd("--generator", "last")["value"]
    assert swd("--checkpoint", "2")["round"] == 2
    assert swd("--checkpoint", "best")["round"] == run.best_round
    assert swd("--seed", "1")["value"] != swd()["value"]


def test_too_few_samples_for_a_score_of_classes_are_one_sentence(
    run, monkeypatch, capsys
):
    def judge(*asked):
        return Judge(labelled(), None, metrics, Extractor())

    monkeypatch.setattr(Scoring, "judge", judge)
    draws = iter([pictures(2, seed=1), pictures(2, seed=1)])
    monkeypatch.setattr(type(run.gan), "sample", lambda self, **asked: next(draws))
    said = (
        "class_frechet/lab is not measured: it needs at least 2 samples of each class."
    )
    asked = ["evaluate", str(run.folder.path), "--samples", "2"]
    metrics = ["class_frechet"]
    assert main(asked) == 2
    assert capsys.readouterr().err == f"gan_lab: {said} Received: `--samples 2`.\n"
    metrics = ["class_frechet", "swd"]
    assert main(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert said in lines and lines[-1].startswith("  swd ")


def test_evaluate_takes_pictures_of_any_kind(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    for number, image in enumerate(pictures(8, side=20, channels=3)):
        Image.fromarray(image).save(tmp_path / "mine" / f"{number}.png")
    asked = ["evaluate", "--images", str(tmp_path / "mine"), "data=synthetic"]
    assert main([*asked, "--metrics", "swd", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["swd"]["protocol"]["samples"] == 8
    assert said["swd"]["protocol"]["generator"] == "images"
    assert said["swd"]["round"] is None


def test_weights_are_fetched_when_that_is_asked_for_and_checked(
    run, tmp_path, monkeypatch, capsys
):
    import http.server

    from gan_lab.features import inception

    (tmp_path / inception.FILE).write_bytes(b"a quota page")
    asked = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *said):
            asked.append(self.path)

        def __init__(self, *given):
            super().__init__(*given, directory=tmp_path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{inception.FILE}"
        monkeypatch.setattr(inception, "URL", url)
        monkeypatch.setenv("GAN_LAB_CACHE", str(tmp_path / "cache"))
        given = ["evaluate", str(run.folder.path), "--extractor", "inception"]
        assert main([*given, "--metrics", "fid", "--download"]) == 2
        server.shutdown()
    said = capsys.readouterr().err
    assert asked and "a file with another checksum, which was deleted" in said
    assert url in said and not list((tmp_path / "cache").rglob("*.pth*"))


def test_points_are_judged_and_drawn_as_points(tmp_path, capsys):
    import gan_lab

    config = gan_lab.load_config(
        "model=mlp",
        "data=ring",
        f"runs='{tmp_path / 'runs'}'",
        "trainer.steps=4",
        "trainer.tick_steps=2",
        "trainer.metric_ticks=1",
    )
    path = str(train(config, console=Console(quiet=True)).folder.path)
    assert main(["evaluate", path, "--samples", "50", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"mode_share", "modes", "good"}
    assert main(["evaluate", "--images", path, "data=ring"]) == 2
    assert "`data=ring` has points" in capsys.readouterr().err
    assert main(["sample", path, "--per-class", "2"]) == 2
    assert "`--per-class` needs images" in capsys.readouterr().err
    assert main(["sample", path, "--out", str(tmp_path / "points")]) == 2
    assert "Points are drawn together" in capsys.readouterr().err


def test_a_watch_scores_each_checkpoint_and_ends_with_the_run(run, capsys):
    watching = threading.Thread(
        target=main,
        args=[["evaluate", str(run.folder.path), *PIXELS, "--json", "--watch"]],
    )
    watching.start()
    watching.join(120)
    assert not watching.is_alive()
    assert capsys.readouterr().out.count('"checkpoint": "round"') >= 2


def test_scores_of_a_run_that_may_not_be_written_are_shown_and_not_kept(
    run, monkeypatch, capsys
):
    kept = run.folder.scores.read_bytes()
    monkeypatch.setattr(os, "access", lambda place, mode: mode != os.W_OK)
    asked = ["evaluate", str(run.folder.path), *PIXELS]
    assert main(asked) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == (
        f"{run.folder.scores} cannot be written: the scores are shown, and not kept."
    )
    assert "strangeness" in last and run.folder.scores.read_bytes() == kept
    assert main([*asked, "--json"]) == 0
    assert "swd" in json.loads(capsys.readouterr().out)


def test_scores_are_shown_before_they_are_kept(run, monkeypatch, capsys):
    def refuse(path, found):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(scores_jsonl, "append", refuse)
    assert main(["evaluate", str(run.folder.path), *PIXELS]) == 1
    said = capsys.readouterr()
    assert "strangeness" in said.out
    assert said.err.endswith("scores.jsonl cannot be written (Permission denied).\n")


@pytest.mark.parametrize("found", ["nothing", "half of it"])
def test_a_checkpoint_that_made_room_for_newer_ones_is_no_news(
    run, found, monkeypatch, capsys
):
    from gan_lab.artifacts.checkpoints import Checkpoints

    oldest = run.folder.checkpoints.path / "000001"
    if found == "half of it":
        oldest.mkdir()
        shutil.copy(oldest.parent / "000004" / "sha256sums", oldest)
    rounds, asked = Checkpoints.rounds, []

    def going(self):
        """Lists one that is removed while it is read."""
        asked.append(0)
        if len(asked) == 3:
            shutil.rmtree(oldest, ignore_errors=True)
        return rounds(self) if len(asked) > 2 else [1, *rounds(self)]

    monkeypatch.setattr(Checkpoints, "rounds", going)
    monkeypatch.setattr("gan_lab.review.scores.time.sleep", int)
    assert main(["evaluate", str(run.folder.path), *PIXELS, "--watch"]) == 0
    said = capsys.readouterr().out
    assert "round 2 against" in said and "round 4 against" in said
    assert "ound 1 " not in said and "damaged" not in said


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "either a run or --images must be given"),
        (["RUN", "--images", "x"], "either a run or --images must be given"),
        (["RUN", "--metrics", "fid"], "`fid` is `frechet` on features of Inception"),
        (["RUN", "--metrics", "fdi"], "Did you mean `fid`?"),
        (["RUN", "--samples", "1"], "`--samples` must be at least 2"),
        (["RUN", "--against", "holdout"], "nothing is held out"),
        (["RUN", "--checkpoint", "7"], "There is no checkpoint of round 7"),
        (["RUN", "--extractor", "vgg"], "invalid choice: 'vgg'"),
        (["RUN", "--extractor", "inception"], "needs its weights"),
        (["RUN", "--metrics", "classes"], "`classes` cannot be measured"),
    ],
)
def test_a_mistake_is_one_line(run, capsys, arguments, said):
    given = [str(run.folder.path) if a == "RUN" else a for a in arguments]
    assert main(["evaluate", *given]) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.err.count("\n") == 1


def test_a_sample_depends_on_its_own_seed_alone(run, tmp_path, capsys):
    def drawn(*more):
        out = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        assert main(["sample", str(run.folder.path), *more, "--out", str(out)]) == 0
        return {p.stem: p.read_bytes() for p in out.iterdir()}

    many = drawn("--count", "5")
    assert sorted(many) == [f"{seed:06d}" for seed in range(5)]
    assert drawn("--seeds", "3,1") == {k: many[k] for k in ("000001", "000003")}
    assert drawn("--seed", "4", "--count", "1") == {"000004": many["000004"]}
    other = drawn("--seeds", "3", "--generator", "last")
    assert other["000003"] != many["000003"]


def test_truncation_draws_far_numbers_anew(run):
    networks = run.gan.networks
    plain, cut = (networks.seeded_latents([1, 2], t) for t in (None, 0.5))
    assert np.abs(cut).max() <= 0.5 < np.abs(plain).max()
    kept = np.abs(plain) <= 0.5
    assert np.array_equal(plain[kept], cut[kept])
    assert np.array_equal(networks.seeded_latents([2], 0.5)[0], cut[1])


@pytest.mark.full
def test_samples_are_sorted_by_class(tmp_path, tiny, samples, monkeypatch, capsys):
    drawn = train(tiny("data=digits", "data.image_size=null"))
    asked = ["sample", str(drawn.folder.path), "--per-class", "2"]
    assert main(asked) == 2  # four rounds make no digits
    assert "`--per-class 2`: of 2,000 samples too few are" in capsys.readouterr().err
    digits = samples("digits")

    def as_latents(self, seeds, truncation):
        return np.array(seeds)

    def well_trained(self, latents, averaged):
        return digits.images[latents * 997 % digits.count]

    monkeypatch.setattr(type(drawn.gan.networks), "seeded_latents", as_latents)
    monkeypatch.setattr(type(drawn.gan), "sample", well_trained)
    out = tmp_path / "sorted"
    assert main([*asked, "--out", str(out)]) == 0
    assert sorted(p.name for p in out.iterdir()) == list("0123456789")
    named = [int(p.stem) * 997 % digits.count for p in sorted(out.glob("*/*.png"))]
    assert np.mean(digits.labels[named] == np.arange(10).repeat(2)) > 0.8


def test_best_last_and_average_stand_side_by_side(run, tmp_path, capsys):
    out = tmp_path / "compared.png"
    asked = ["sample", str(run.folder.path), "--compare", "--count", "4"]
    assert main([*asked, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "last (round 4) | last (round 4), average" in said
    with Image.open(out) as picture:
        assert picture.width > 3 * 38


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--count", "0"], "`--count` must be at least 1"),
        (["--seeds", "1,x"], "`--seeds` must be numbers"),
        (["--truncation", "0"], "`--truncation` must be at least 0.001"),
        (["--per-class", "2", "--out", "x"], "`--per-class` needs images with labels"),
        (["--out", "no/such/folder.png"], "`--out` must be a .png file in a folder"),
    ],
)
def test_a_mistake_in_sample_is_one_line(run, capsys, arguments, said):
    assert main(["sample", str(run.folder.path), *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.err.count("\n") == 1
