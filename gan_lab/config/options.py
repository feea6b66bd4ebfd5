"""The options of a group: files in `conf`, and registered parts."""

import functools
from pathlib import Path

import yaml

from gan_lab import registry
from gan_lab.config.schema import COMPOSED

_PACKAGE = Path(__file__).parents[1]
CONF_DIR = next(c for c in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if c.is_dir())
NONE = "none"  # the option of a group of which nothing is said


def options(group: str) -> list[str]:
    """The options of a group: files in `conf` and registered parts."""
    known = registry.names(group) if group in COMPOSED else []
    return sorted({p.stem for p in (CONF_DIR / group).glob("*.yaml")} | set(known))


@functools.cache
def usual() -> dict[str, str]:
    """The option that `config.yaml` takes of each group that it names."""
    text = (CONF_DIR / "config.yaml").read_text(encoding="utf-8")
    chosen = (item for item in yaml.safe_load(text)["defaults"] if item != "_self_")
    return {group: option for item in chosen for group, option in item.items()}
