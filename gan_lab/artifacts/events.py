"""TensorBoard's event files, cut back to a round.

TensorBoard shows what it finds, so a run that goes on from a checkpoint would show the
rounds after it twice. A record is its length (8 bytes), a checksum of that (4), an
Event (length), and a checksum of that (4).
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from gan_lab.artifacts import files


def trim(folder: Path, round: int) -> None:
    """Remove what was logged after a round, and a last record that was cut off."""
    from tensorboardX.proto.event_pb2 import Event

    for path in sorted(folder.glob("events.out.tfevents.*")):
        content = path.read_bytes()
        records = _records(content)
        kept = b"".join(r for r in records if Event.FromString(r[12:-4]).step <= round)
        if kept != content:
            files.write(path, kept)


def _records(content: bytes) -> Iterator[bytes]:
    start = 0
    while start + 12 <= len(content):
        (length,) = struct.unpack_from("<Q", content, start)
        end = start + 12 + length + 4
        if end > len(content):
            return
        yield content[start:end]
        start = end
