"""What tests share: real data where it is, and a small fast run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data"

TINY = (
    "data=synthetic",
    "data.image_size=16",
    "model.width=4",
    "trainer.batch_size=4",
    "trainer.samples=4",
    "trainer.steps=4",
    "trainer.tick_steps=2",
    "trainer.sample_ticks=1",
    "trainer.checkpoint_ticks=1",
)

CHROME = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=2000",
    "--window-size=1280,3000",
)


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory):
    """Prepared pictures of tests go to a cache of their own."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_LAB_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def compiled():
    """Networks and compiled rounds of the runs of this session."""
    from tests.compiled import Compiled

    return Compiled()


@pytest.fixture(scope="module")
def compiled_once(compiled):
    """Runs of one configuration are compiled once, in whatever test they are."""
    with pytest.MonkeyPatch.context() as patch:
        compiled.take_part(patch)
        yield


@pytest.fixture
def samples():
    """A function from a data set's name and options to its samples."""
    from omegaconf import OmegaConf

    from gan_lab.config.schema import schema
    from gan_lab.data import dataset
    from gan_lab.system.console import Console

    def load(name: str, **options):
        data = OmegaConf.structured(schema("data", name))
        for key, value in options.items():
            data[key] = value
        return dataset.load(data, dataset.find(data), Console())

    return load


@pytest.fixture
def data_dir() -> Path:
    """The folder of real pictures, which the project itself never holds."""
    if not DATA.is_dir():
        pytest.skip(f"real pictures are not here: there is no {DATA}")
    return DATA


@pytest.fixture
def no_tensorflow(tmp_path) -> str:
    """A PYTHONPATH on which TensorFlow is as good as not installed."""
    stub = tmp_path / "without" / "tensorflow.py"
    stub.parent.mkdir()
    stub.write_text("raise ModuleNotFoundError('tensorflow', name='tensorflow')\n")
    return f"{stub.parent}{os.pathsep}{Path(__file__).parents[1]}"


@pytest.fixture
def tiny(tmp_path):
    """A function from overrides to the configuration of a run of four small rounds."""
    from gan_lab import load_config

    def load(*overrides: str):
        return load_config(*TINY, f"runs='{tmp_path / 'runs'}'", *overrides)

    return load


@pytest.fixture
def command(tmp_path):
    """A function that runs `python -m gan_lab` in an empty folder."""

    def run(*arguments: str, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "gan_lab", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            **options,
        )

    return run


@pytest.fixture(scope="session")
def browse(tmp_path_factory):
    """A function that opens a page in a browser; what it then is, and what it said."""
    browser = next(filter(None, map(shutil.which, CHROME)), None)
    if not browser:
        pytest.skip(f"there is no browser here: none of {', '.join(CHROME)}")
    profile = tmp_path_factory.mktemp("profile")

    def look(page, *flags: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [browser, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()],
            capture_output=True,
            text=True,
            timeout=120,
        )

    return look
