"""`python -m gan_lab`."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109
    # Python looks in the current folder first, so that a numpy.py there would be run.
    # The modules that `imports` names are looked for there last: see
    # `gan_lab.config.imports`.
    del sys.path[0]

from gan_lab.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
