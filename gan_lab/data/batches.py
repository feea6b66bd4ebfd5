"""The images of a round: a pure function of seed and round, read ahead."""

import queue
import threading
import time
from collections.abc import Callable

import numpy as np

from gan_lab.data.samples import Samples

FLIPS = 2**31  # an epoch that no run reaches: flips draw apart from orders


class Batches:
    """The real images of any round.

    Images are dealt from one endless sequence, epoch after epoch, each epoch in an
    order of its own that depends on the seed and its number alone. No image is left
    over at the end of an epoch, and any batch size fits any data set.

    Args:
        samples: where the images come from.
        size: images a round.
        seed: of the orders and flips.
        attempt: how often the run was rolled back; each has orders of its own.
        shuffle: whether there are orders; the source's own otherwise.
        flip: whether a random half of a round's images is mirrored left to right.
        updates: discriminator updates that share a round's images.
        part: which of `parts` processes this is: it sees its part of each update.
        parts: how many there are.
    """

    def __init__(
        self,
        samples: Samples,
        size: int,
        seed: int,
        shuffle: bool = True,
        flip: bool = False,
        attempt: int = 0,
        updates: int = 1,
        part: int = 0,
        parts: int = 1,
    ):
        self._images, self._count = samples.images, samples.count
        self._size, self._seed, self._shuffle = size, seed, shuffle
        self._flip, self._attempt = flip, attempt
        places = np.arange(size).reshape(updates, parts, -1)
        self._own = places[:, part].ravel() if parts > 1 else slice(None)
        self._orders: dict[int, np.ndarray] = {}

    def indices(self, round: int) -> np.ndarray:
        """The places, in the source, of the images of a round."""
        dealt = np.arange(round * self._size, (round + 1) * self._size)
        epochs, places = np.divmod(dealt, self._count)
        if not self._shuffle:
            return places
        for epoch in np.unique(epochs):
            of_epoch = epochs == epoch
            places[of_epoch] = self._order(int(epoch))[places[of_epoch]]
        return places

    def places(self, round: int) -> np.ndarray:
        """The same as int32, of this process alone; of a mirrored image, `~place`."""
        places = self.indices(round).astype(np.int32)
        if self._flip:
            draw = self._draw(FLIPS, round)
            places ^= -draw.integers(0, 2, self._size, bool).astype(np.int32)
        return places[self._own]

    def __call__(self, round: int) -> np.ndarray:
        """The images of a round, counted from 0: `(size, height, width, channels)`.

        Of several processes, those of this one.
        """
        places = self.places(round)
        mirrored = places < 0
        images = self._images[np.where(mirrored, ~places, places)]
        if self._flip:
            images[mirrored] = images[mirrored, :, ::-1]
        return images

    def _order(self, epoch: int) -> np.ndarray:
        if epoch not in self._orders:
            order = self._draw(epoch).permutation(self._count)
            kept = {k: v for k, v in self._orders.items() if k == epoch - 1}
            self._orders = kept | {epoch: order}
        return self._orders[epoch]

    def _draw(self, *place: int) -> np.random.Generator:
        seeds = np.random.SeedSequence([self._seed, *place, self._attempt])
        return np.random.Generator(np.random.Philox(seeds))


class ReadAhead:
    """A thread that has the batches of the next rounds ready.

    Args:
        batch: the batch of a round, as a function of its number.
        first: the first round.
        depth: how many batches are ready at most.
    """

    def __init__(self, batch: Callable[[int], np.ndarray], first: int, depth: int = 2):
        self.waited = 0.0
        self._batch = batch
        self._ready: queue.Queue[np.ndarray | Exception] = queue.Queue(depth)
        self._closed = threading.Event()
        self._thread = threading.Thread(
            target=self._read, args=(first,), name="gan_lab-data", daemon=True
        )
        self._thread.start()

    def __call__(self) -> np.ndarray:
        """The batch of the next round; `waited` grows by the seconds it took to come.

        Raises:
            Exception: what the reading of it raised.
        """
        asked = time.perf_counter()
        batch = self._ready.get()
        self.waited += time.perf_counter() - asked
        if isinstance(batch, Exception):
            raise batch
        return batch

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        while self._thread.is_alive():
            self._drop()
            self._thread.join(0.01)

    def _read(self, round: int) -> None:
        while not self._closed.is_set():
            try:
                self._ready.put(self._batch(round))
            except Exception as error:
                self._ready.put(error)
                return
            round += 1

    def _drop(self) -> None:
        while not self._ready.empty():
            self._ready.get_nowait()
