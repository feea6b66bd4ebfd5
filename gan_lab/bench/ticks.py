"""The work at ticks, each once, in a folder that goes away again."""

import tempfile
import time
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from gan_lab.artifacts import RunFolder
from gan_lab.data.samples import Samples


def ticks(gan, config: DictConfig, samples: Samples) -> dict[str, float]:
    """Seconds of a round that go to ticks, by what is done at them.

    Scores are left out: they are chosen, and a run reports them as `speed/scoring`.

    Args:
        gan: which has played rounds.
        config: of the run; its intervals are kept.
        samples: what it trains on.

    Returns:
        `logging`, `pictures` and `checkpoints`.
    """
    from gan_lab.training.callbacks.callback import Tick, report
    from gan_lab.training.callbacks.recording import Checkpoint, Table
    from gan_lab.training.callbacks.samples import SampleGrid
    from gan_lab.training.callbacks.tensorboard import TensorBoard
    from gan_lab.training.run import Run

    trainer = config.trainer
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder.create(
            Path(place) / "run",
            OmegaConf.to_yaml(config),
            {},
            gan.networks.fixed_latents(trainer.samples),
        )
        run = Run(folder, config, gan, {}, "", draw=samples.draw)
        grid = SampleGrid(samples.images[: trainer.samples])
        beside = {  # in the order of a run: TensorBoard shows the grid
            "pictures": (grid, trainer.sample_ticks),
            "logging": (Table(list(grid.columns)), 1),
            "shown": (TensorBoard(), 1),
            "checkpoints": (Checkpoint(), trainer.checkpoint_ticks),
        }
        for callback, _ in beside.values():
            callback.start(run)
        row = {"round": 1, "seconds": 0.0, **gan.read_logs()}
        row |= {"speed/images_per_second": 0.0, "speed/data_wait": 0.0}
        tick, took = Tick(1, True, 1, row, 0.0), {}
        run.round = 1
        for name, (callback, every) in beside.items():
            began = time.perf_counter()
            report([callback], run, tick)
            spent = time.perf_counter() - began
            took[name] = spent / (every * trainer.tick_steps)
        beside["shown"][0].end(run)
    took["logging"] += took.pop("shown")
    return took
