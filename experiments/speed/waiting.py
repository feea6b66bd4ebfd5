"""What the input costs a training round of faces_64.

    python experiments/speed/waiting.py --path celeba_89x109.zip

Rounds on prepared pictures take turns with rounds on one batch that is in memory all
the time; beside their ratio, the share of time that rounds waited for their images.
"""

import argparse
import tempfile

from measure import interleave, ratio

from gan_lab import backend, load_config
from gan_lab.config.check import check
from gan_lab.data.batches import Batches, ReadAhead
from gan_lab.system.console import Console
from gan_lab.training.build import assemble


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--path", required=True)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--turns", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        overrides = ("experiment=faces_64", f"data.cache='{place}'")
        config = check(load_config(*overrides, f"data.path='{asked.path}'"))
        samples, _, _, gan = assemble(config, Console(), backend.Devices())
        batches = Batches(samples, config.trainer.batch_size, seed=0)
        batch, ahead = batches(0), ReadAhead(batches, 0)
        reading = backend.Rounds(gan, ahead, batch, jit=False).play
        still = backend.Rounds(gan, lambda: batch, batch, jit=False).play
        seconds = interleave(
            {
                "reading": lambda: reading(asked.rounds),
                "still": lambda: still(asked.rounds),
            },
            asked.turns,
        )
        ahead.close()
    waited = ahead.waited / sum(seconds["reading"])
    print(
        f"time of rounds that read / of rounds that do not: "
        f"{ratio(seconds['reading'], seconds['still'])}"
    )
    print(f"share of time that rounds waited for images: {waited:.4%}")


if __name__ == "__main__":
    main()
