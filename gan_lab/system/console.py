"""The console: our own lines; those of the libraries go to the log."""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Self

LINE_SECONDS = 10
COLUMN, GAP, WIDEST = 16, 3, 10_000  # of a table, in letters


class Console:
    """Says lines on standard output, and in the log of a run once there is one.

    Args:
        quiet: whether nothing is shown, for output that machines read.
        capture: whether standard error, where TensorFlow's C++ code writes, goes to
            the log too instead of the terminal; for programs that own their process.
    """

    def __init__(self, capture: bool = False, quiet: bool = False):
        import rich.console

        class Rich(rich.console.Console):
            def on_broken_pipe(self) -> None:
                """Go on without the reader of our lines, who has seen enough."""
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

        self.rich = Rich(highlight=False, soft_wrap=True, quiet=quiet)
        self._log: Path | None = None
        self._shown: Any = None  # IPython's handle of what is displayed
        self._warned: set[str] = set()
        self._early: IO[bytes] | None = None
        self._terminal: int | None = None
        if capture:
            sys.stderr.flush()
            self._early = tempfile.TemporaryFile()  # noqa: SIM115
            self._terminal = os.dup(2)
            os.dup2(self._early.fileno(), 2)

    def attach(self, log: Path) -> None:
        """Say and capture to this file from now on."""
        self._log = log
        if self._early:
            sys.stderr.flush()
            self._early.seek(0)
            with log.open("ab") as file:
                file.write(self._early.read())
                os.dup2(file.fileno(), 2)
            self._early.close()
            self._early = None

    def say(self, line: str) -> None:
        """One line, on the console and in the log."""
        line = line.encode("utf-8", "replace").decode()  # file names can be anything
        self.rich.print(line, markup=False)
        self.note(line)

    def aside(self, line: str) -> None:
        """One line on standard error, whatever is captured or quiet, and in the log."""
        line = line.encode("utf-8", "replace").decode()
        if self._terminal is None:
            print(line, file=sys.stderr, flush=True)
        else:
            os.write(self._terminal, f"{line}\n".encode())
        self.note(line)

    def warn(self, line: str) -> None:
        """The same, once, and on standard error where output is for machines."""
        if line in self._warned:
            return None
        self._warned.add(line)
        if not self.rich.quiet:
            return self.say(line)
        self.note(line)
        if self._terminal is None:
            print(line, file=sys.stderr)
        else:
            os.write(self._terminal, f"{line}\n".encode("utf-8", "replace"))
        return None

    def report(self, line: str) -> None:
        """One line that takes the place of the last report, where that can be done."""
        if not self.rich.is_jupyter:
            return self.say(line)
        self.note(line)
        from IPython.display import display

        content = {"text/plain": line}
        if self._shown:
            self._shown.update(content, raw=True)
        else:
            self._shown = display(content, raw=True, display_id=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table; columns that the terminal has no room for follow in one below.

        Args:
            heads: a title a column; the first column is in every table.
            rows: cells; a row of one cell is the title of those after it.
        """
        room, first = len(heads), max(len(cells[0]) for cells in rows)
        if self.rich.is_terminal:
            room = max(1, (self.rich.width - first - GAP) // (COLUMN + GAP))
        for start in range(1, len(heads), room):
            chosen = (0, *range(start, min(start + room, len(heads))))
            self._one_table(
                [heads[place] for place in chosen],
                [[cells[n] for n in chosen if n < len(cells)] for cells in rows],
            )

    def _one_table(self, heads: list[str], rows: list[list[str]]) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for place, head in enumerate(heads):
            table.add_column(Text(head), overflow="fold", no_wrap=not place)
        for cells in rows:
            title = len(cells) == 1
            if title:
                table.add_section()
            table.add_row(*map(Text, cells), style="bold" if title else "")
        if not self.rich.is_terminal:  # in a file a row is a line
            wide = self.rich.options.update(max_width=WIDEST)
            self.rich.width = self.rich.measure(table, options=wide).maximum
        self.rich.print(table, soft_wrap=False)

    @contextlib.contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """Progress of something: a bar on a terminal, a line now and then elsewhere.

        Args:
            label: what is under way.
            total: how much there is to do, in any unit.

        Yields:
            A function that is called with how much more is done.
        """
        if self.rich.is_terminal:
            import rich.progress

            with rich.progress.Progress(
                *rich.progress.Progress.get_default_columns(),
                console=self.rich,
                redirect_stderr=False,
                transient=True,
            ) as bar:
                task = bar.add_task(label, total=total)
                yield lambda more: bar.advance(task, more)
            return
        done, said = 0, time.monotonic()

        def advance(more: int) -> None:
            nonlocal done, said
            done += more
            if time.monotonic() - said > LINE_SECONDS:
                said = time.monotonic()
                self.say(f"{label}: {done / max(total, 1):.0%}")

        yield advance

    def note(self, text: str) -> None:
        """Text for the log alone."""
        if self._log:
            with self._log.open("a", encoding="utf-8") as log:
                log.write(text + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give standard error back to the terminal."""
        if self._terminal is not None:
            sys.stderr.flush()
            os.dup2(self._terminal, 2)
            os.close(self._terminal)
            self._terminal = None
        if self._early:
            self._early.close()
            self._early = None
