"""Paths as values of overrides."""

from pathlib import Path


def quoted(path: Path | str) -> str:
    """A path that Hydra reads as it is, whatever is in it; `~` is expanded."""
    text = str(Path(path).expanduser())
    escaped = text.replace("\\", "\\\\") if text.endswith("\\") else text
    return f"'{escaped.replace(chr(39), chr(92) + chr(39))}'"
