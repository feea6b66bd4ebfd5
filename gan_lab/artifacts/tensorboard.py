"""TensorBoard's event files: written at once, and cut back to a round.

tensorboardX's own SummaryWriter hands events to a thread, and its flush does not wait
for them, so a killed process would lose some that come before its last checkpoint.
"""

import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gan_lab.system import files
from gan_lab.system.damage import Warn, silent

LAYOUT = "custom_scalars__config__"  # TensorBoard's name for it
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

    def _write(self, round: int, summary: Any) -> None:
        from tensorboardX.proto.event_pb2 import Event

        event = Event(wall_time=time.time(), step=round, summary=summary)
        self._writer.write_event(event)


def write_summaries(path: Path, summaries: list[Any], time: float) -> None:
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
    files.make_way(path, silent)
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(exist_ok=True)
        files.write(path, content)


def _record(event: bytes) -> bytes:
    length = struct.pack("<Q", len(event))
    return length + _checksum(length) + event + _checksum(event)


def _checksum(part: bytes) -> bytes:
    from tensorboardX.record_writer import masked_crc32c

    return struct.pack("<I", masked_crc32c(part))


def trim(folder: Path, round: int, warn: Warn = silent) -> None:
    """Remove what was logged after a round, and a last record that was cut off.

    TensorBoard shows what it finds: a run that goes on from a checkpoint would show the
    rounds after it twice. It reads no further than to a damaged record.

    Args:
        folder: of the event files.
        round: the last one of which anything stays.
        warn: is told of damage, and where it is kept.
    """
    for path in _paths(folder):
        content = path.read_bytes()
        records, damage = _records(content)
        if damage:
            warn(f"{path} is damaged ({damage}). {files.kept(path)}")
        kept = b"".join(raw for raw, event in records if event.step <= round)
        if not kept:
            path.unlink()
        elif kept != content:
            files.write(path, kept)


def text(folder: Path, name: str) -> str | None:
    """The first text that was logged under a name, or None."""
    for _, value in _logged(folder):
        if value.tag == f"{name}/text_summary":
            return str(value.tensor.string_val[0], "utf-8")
    return None


def charted(folder: Path) -> set[int]:
    """The rounds of which there is a point in a chart, in files that are whole."""
    return known(folder)[0]


def known(folder: Path) -> tuple[set[int], bool]:
    """The rounds of which there is a point, and if charts that share scalars are there.

    Of files that are whole, each read once.
    """
    rounds, shared = set(), False
    for round, value in _logged(folder, checked=False):
        if value.HasField("simple_value"):
            rounds.add(round)
        shared = shared or value.tag == LAYOUT
    return rounds, shared


def pictures(folder: Path, name: str) -> dict[int, bytes]:
    """Pictures logged under a name, in files that are whole: round -> PNG."""
    return {
        round: value.image.encoded_image_string
        for round, value in _logged(folder, checked=False)
        if value.tag == name and value.HasField("image")
    }


def _paths(folder: Path) -> list[Path]:
    paths = folder.glob("events.out.tfevents.*")
    return sorted(path for path in paths if path.is_file())


def _logged(folder: Path, checked: bool = True) -> Iterator[tuple[int, Any]]:
    """Every value, with its round."""
    for path in _paths(folder):
        for _, event in _records(path.read_bytes(), checked)[0]:
            for value in event.summary.value:
                yield event.step, value


def _records(
    content: bytes, checked: bool = True
) -> tuple[list[tuple[bytes, Any]], str]:
    """Whole records, each with its event; and what is wrong with what follows.

    A record is its length (8 bytes), the checksum of that (4), an Event, and its
    checksum (4). A last one that was cut off is how a kill leaves it, and not wrong.

    Args:
        content: of a file.
        checked: whether the checksums count, which takes a second for 3 MB.
    """
    from google.protobuf.message import DecodeError
    from tensorboardX.proto.event_pb2 import Event

    found, start = [], 0
    while start + 12 <= len(content):
        (length,) = struct.unpack_from("<Q", content, start)
        end = start + 12 + length + 4
        head, event = content[start : start + 12], content[start + 12 : end - 4]
        try:
            if checked and head[8:] != _checksum(head[:8]):
                raise ValueError("length")
            if end > len(content):
                break
            if checked and content[end - 4 : end] != _checksum(event):
                raise ValueError("event")
            found.append((content[start:end], Event.FromString(event)))
        except (ValueError, DecodeError):
            return found, f"what follows its first {len(found)} records is not one"
        start = end
    return found, ""
