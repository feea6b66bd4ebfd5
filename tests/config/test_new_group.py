"""A new group of parts is a row, a room and a YAML: the cases are in `new_group/`."""

import os
import subprocess
import sys
from pathlib import Path

from gan_lab.config.compose import compose
from gan_lab.config.saved import from_file
from gan_lab.sweeps.folder import SweepFolder
from gan_lab.sweeps.job import job
from gan_lab.training.train import train
from tests.conftest import TINY

HERE = Path(__file__).parents[1]
# What a configuration is made of is known when its types are: so the row comes first.
PROGRAM = """
import sys
from gan_lab import registry
registry.ROOMS["flavour"] = "tests.new_group.flavours"
import pytest
sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""


def test_a_new_group_is_a_row_a_room_and_a_yaml(tiny, tmp_path):
    train(tiny(), folder=tmp_path / "straight")
    train(tiny(), folder=tmp_path / "cut", until=2)
    sweep = SweepFolder(tmp_path / "sweeps" / "mine")
    lines = [[*TINY, f"runs='{tmp_path}'", f"seed={seed}"] for seed in (1, 2)]
    first, _ = [sweep.plan(job(x, ("seed",), compose(*x))) for x in lines]
    train(from_file(sweep.spec(first)), folder=sweep.run(first), until=2)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(HERE / "new_group" / "cases.py")],
        cwd=HERE.parent,
        env={**os.environ, "WRITTEN_BEFORE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
