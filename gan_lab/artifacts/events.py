"""TensorBoard's event files: written at once, and cut back to a round.

tensorboardX's own SummaryWriter hands events to a thread, and its flush does not wait
for them, so a killed process would lose some that come before its last checkpoint.
"""

import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan_lab.artifacts import files

HPARAMS = "events.out.tfevents.0000000000.hparams"  # what a sweep says of a run


class EventLog:
    """Writes a new event file.

    Args:
        folder: of all event files of the run.
        round: from which on it is written.
    """

    def __init__(self, folder: Path, round: int):
        from tensorboardX.event_file_writer import EventsWriter

        folder.mkdir(exist_ok=True)
        # The name has seconds only: a quick resume must not overwrite a file.
        self._writer = EventsWriter(str(folder / "events"), filename_suffix=f".{round}")

    def scalars(self, round: int, values: dict[str, float]) -> None:
        """One point of each chart."""
        from tensorboardX.summary import scalar

        for name, value in values.items():
            self._write(round, scalar(name, value))

    def picture(self, round: int, name: str, sheet: np.ndarray) -> None:
        """A picture, uint8 `(height, width, channels)`."""
        from tensorboardX.summary import image

        self._write(round, image(name, sheet, dataformats="HWC"))

    def text(self, round: int, name: str, markdown: str) -> None:
        """A text."""
        from tensorboardX.summary import text

        self._write(round, text(name, markdown))

    def chart(self, title: str, names: list[str]) -> None:
        """A chart that shows several scalars together."""
        from tensorboardX.summary import custom_scalars

        # TensorBoard takes names for regular expressions.
        exactly = [f"^{re.escape(name)}$" for name in names]
        layout = custom_scalars({title: {" and ".join(names): ["Multiline", exactly]}})
        self._write(0, layout)

    def flush(self) -> None:
        """Have everything on the disk."""
        self._writer.flush()

    def close(self) -> None:
        """End the file."""
        self._writer.close()

    def _write(self, round: int, summary) -> None:
        from tensorboardX.proto.event_pb2 import Event

        event = Event(wall_time=time.time(), step=round, summary=summary)
        self._writer.write_event(event)


def write_summaries(path: Path, summaries: list, time: float) -> None:
    """Make an event file of nothing but summaries, unless it is that already.

    Args:
        path: the file.
        summaries: of tensorboardX, all of round 0.
        time: when, in seconds since 1970.
    """
    from tensorboardX.proto.event_pb2 import Event

    first = Event(wall_time=time, file_version="brain.Event:2")
    events = [first, *(Event(wall_time=time, summary=s) for s in summaries)]
    content = b"".join(_record(event.SerializeToString()) for event in events)
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(exist_ok=True)
        files.write(path, content)


def _record(event: bytes) -> bytes:
    from tensorboardX.record_writer import masked_crc32c

    length = struct.pack("<Q", len(event))
    checks = (struct.pack("<I", masked_crc32c(part)) for part in (length, event))
    return length + next(checks) + event + next(checks)


def trim(folder: Path, round: int) -> None:
    """Remove what was logged after a round, and a last record that was cut off.

    TensorBoard shows what it finds: a run that goes on from a checkpoint would show the
    rounds after it twice.
    """
    from tensorboardX.proto.event_pb2 import Event

    for path in sorted(folder.glob("events.out.tfevents.*")):
        content = path.read_bytes()
        records = _records(content)
        kept = b"".join(r for r in records if Event.FromString(r[12:-4]).step <= round)
        if kept != content:
            files.write(path, kept)


def text(folder: Path, name: str) -> str | None:
    """The first text that was logged under a name, or None."""
    from tensorboardX.proto.event_pb2 import Event

    for path in sorted(folder.glob("events.out.tfevents.*")):
        for record in _records(path.read_bytes()):
            for value in Event.FromString(record[12:-4]).summary.value:
                if value.tag == f"{name}/text_summary":
                    return value.tensor.string_val[0].decode()
    return None


def _records(content: bytes) -> Iterator[bytes]:
    """Whole records: length (8 bytes), its checksum (4), an Event, its checksum (4)."""
    start = 0
    while start + 12 <= len(content):
        (length,) = struct.unpack_from("<Q", content, start)
        end = start + 12 + length + 4
        if end > len(content):
            return
        yield content[start:end]
        start = end
