"""The five recipes, on real pictures for two rounds each."""

import re

import numpy as np
import pytest
from PIL import Image

import gan_lab
from gan_lab.config.check import check
from gan_lab.config.options import CONF_DIR
from gan_lab.training.train import train

RECIPES = {  # what stands in for the data, and the grid
    "digits_28": ("mnist", 16),
    "faces_28": ("img_align_celeba.zip", 16),
    "faces_64": ("img_align_celeba.zip", 36),
    "roses_64": ("roses.zip", 12),
    "faces_128": ("img_align_celeba.zip", 36),
}
LARGE = dict.fromkeys(["faces_64", "faces_128"], pytest.mark.full)
SMALLER = {"faces_64": 8, "faces_128": 2}


def test_these_are_all_recipes():
    assert gan_lab.options("experiment") == sorted(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_its_command_its_differences_and_its_minutes(name):
    head = (CONF_DIR / "experiment" / f"{name}.yaml").read_text()
    assert f"#   python -m gan_lab experiment={name} data.path=" in head
    assert re.search(r"Differs|Ours are", head)
    assert re.search(r"# Expect (about )?[\d.,]+ (minutes|hours?|days)", head)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_no_moving_average_and_its_own_name(name):
    config = check(gan_lab.load_config(f"experiment={name}", "data.path=somewhere"))
    assert config.name == config.model.name == name
    assert config.trainer.ema == 0


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=LARGE.get(n, ())) for n in RECIPES]
)
def test_a_recipe_trains_two_rounds_on_real_pictures(name, data_dir, tmp_path):
    data, count = RECIPES[name]
    overrides = [
        f"experiment={name}",
        f"data.path='{data_dir / data}'",
        "trainer.steps=2",
        "trainer.metric_samples=4",
        f"runs='{tmp_path}'",
    ]
    if name in SMALLER:
        overrides.append(f"trainer.batch_size={SMALLER[name]}")
    if name == "faces_128":
        overrides.append("trainer.samples=4")
        count = 4
    run = train(gan_lab.load_config(*overrides))
    assert run.round == 2 and run.folder.facts()["left_out"] == {}
    assert np.isfinite(list(run.summary()["last"].values())).all()
    assert len(run.folder.latents()) == count
    with Image.open(run.folder.samples / "000002.png") as grid:
        assert np.asarray(grid).std() > 0
