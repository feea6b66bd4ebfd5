"""Hydra's plugins of gan_lab, which play its sweeps."""

import sys
from pathlib import Path


def register() -> None:
    """Have Hydra know them. It looks for plugins once, which may have been before."""
    here = str(Path(__file__).parent)
    if here not in sys.path:
        sys.path.append(here)
    from hydra.core.plugins import Plugins
    from hydra_plugins import gan_lab_sweeps

    for plugin in gan_lab_sweeps.PLUGINS:
        Plugins.instance().register(plugin)
