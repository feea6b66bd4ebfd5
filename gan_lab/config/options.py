"""The options of a group: files in `conf`, and registered parts."""

from pathlib import Path

from gan_lab import registry
from gan_lab.config.schema import COMPOSED

_PACKAGE = Path(__file__).parents[1]
CONF_DIR = next(c for c in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if c.is_dir())


def options(group: str) -> list[str]:
    """The options of a group: files in `conf` and registered parts."""
    known = registry.names(group) if group in COMPOSED else []
    return sorted({p.stem for p in (CONF_DIR / group).glob("*.yaml")} | set(known))
