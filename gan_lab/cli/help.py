"""The text of `--help`."""

from collections.abc import Mapping

from gan_lab.cli.parser import Verb
from gan_lab.config.imports import import_parts
from gan_lab.config.options import options
from gan_lab.config.schema import COMPOSED

INTRODUCTION = """\
gan_lab trains GANs with Keras, driven by configuration.

  python -m gan_lab [group=option ...] [key=value ...]    one run
  python -m gan_lab -m key=a,b,c [...]                    a run for each combination
  python -m gan_lab --cfg job [--resolve]                 show the configuration
  python -m gan_lab VERB ...                              something with a run
"""


def text(verbs: Mapping[str, Verb]) -> str:
    """Every group with its options, and every verb.

    Args:
        verbs: name -> function, whose docstring says what it is.
    """
    import_parts([])
    groups = (*COMPOSED, "experiment")
    chosen = [f"  {group:<13} {' '.join(options(group))}" for group in groups]
    lines = [f"  {name:<13} {_line(verb)}" for name, verb in verbs.items()]
    return "\n".join(
        [
            INTRODUCTION,
            "Groups and their options:",
            *chosen,
            "",
            "Verbs:",
            *lines,
            "",
            "--config-dir DIR adds options of your own; --hydra-help has more flags.",
        ]
    )


def _line(verb: Verb) -> str:
    return " ".join((verb.__doc__ or "").split())
