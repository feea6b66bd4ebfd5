"""The report of a run: one HTML file that opens anywhere, without a network."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from gan_lab.artifacts import RunFolder
from gan_lab.errors import UsageError
from gan_lab.review.report import facts
from gan_lab.review.report.page import Sheets, content
from gan_lab.review.report.sheets import sheets
from gan_lab.system import files
from gan_lab.system.console import Console
from gan_lab.system.parameters import require_file

__all__ = ["Sheets", "render", "report", "require_extra", "write"]

HERE = Path(__file__).parent


def report(
    run: Path | str,
    *,
    out: Path | str | None = None,
    imports: bool = True,
    console: Console | None = None,
) -> Path:
    """Everything about a run on one page, to be opened anywhere.

    Args:
        run: its folder; it may still be training.
        out: the HTML file; `report.html` in the folder where None.
        imports: whether to import the modules that the run names.
        console: where it is said what is under way.

    Returns:
        The page.

    Raises:
        UsageError: it is not a run, or the extra `report` is not installed.

    Example:

        page = gan_lab.report("runs/mine/20261122-101500")
        IPython.display.IFrame(page, 900, 600)
    """
    require_extra("report")
    console = console or Console()
    folder = RunFolder(run, console.warn)
    out = folder.path / "report.html" if out is None else Path(out)
    require_file(out, ".html")
    write(folder, out, sheets(folder, imports, console))
    return out


def write(folder: RunFolder, out: Path, drawn: list[Sheets]) -> None:
    """Write the report.

    Args:
        folder: of the run, which may be running.
        out: the HTML file.
        drawn: by the networks of the run.

    Raises:
        UsageError: the extra `report` is not installed.
    """
    require_extra("report")
    html = render(content(folder, drawn))
    files.write(out, html.encode("utf-8", "replace"))


def render(shown: dict[str, Any], template: Path = HERE / "page.html") -> str:
    """The page of what `content` returns, or of another template's own.

    What comes from a run folder is not trusted: it is escaped, and the page lets no
    script run but its own.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, HERE]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": facts.number, "moment": facts.moment}
    script = (HERE / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template.name).render(
        shown,
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=f"sha256-{digest}",
    )


def require_extra(asked: str) -> None:
    """Refuse to begin where the page could not be written.

    Args:
        asked: what the user typed to have it.

    Raises:
        UsageError: a library is missing.
    """
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`{asked}` needs {error.name}, which is not installed: "
            'pip install "keras-gan-lab[report]".'
        ) from None
