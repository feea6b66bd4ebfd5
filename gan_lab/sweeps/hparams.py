"""TensorBoard's HParams: a row for each job, with what differs and what came out."""

from datetime import datetime
from pathlib import Path
from typing import Any

from gan_lab.artifacts import RunFolder
from gan_lab.artifacts.tensorboard import HPARAMS, write_summaries
from gan_lab.errors import UsageError
from gan_lab.sweeps.job_status import State
from gan_lab.sweeps.ranking import Board, Line, label

Message = Any  # of a protobuf, which has no types
LOSSES = ("loss/discriminator", "loss/generator")
ENDINGS = {
    State.finished: "STATUS_SUCCESS",
    State.failed: "STATUS_FAILURE",
    State.pruned: "STATUS_FAILURE",
}


def write(board: Board, folder: Path) -> None:
    """Have TensorBoard show the jobs of a sweep.

    Args:
        board: its leaderboard.
        folder: of the sweep.
    """
    times = [(line, known) for line in board.lines if (known := _times(line))]
    if not times:
        return
    began = min(began for _, (began, _) in times)
    write_summaries(folder / HPARAMS, [_experiment(board, board.lines)], began)
    for line, (began, ended) in times:
        session = [_session(line, began), *_ending(line, ended)]
        write_summaries(line.candidate.path / HPARAMS, session, began)


def _experiment(board: Board, lines: list[Line]) -> Message:
    from tensorboardX.proto.api_pb2 import Experiment, MetricInfo, MetricName

    tags = [f"score/{board.score}"] if board.score else []
    metrics = [
        MetricInfo(name=MetricName(group="tensorboard", tag=tag), display_name=tag)
        for tag in (*tags, *LOSSES)
    ]
    parameters = [_parameter(name, lines) for name in board.parameters]
    said = Experiment(hparam_infos=parameters, metric_infos=metrics)
    return _summary("experiment", experiment=said)


def _parameter(name: str, lines: list[Line]) -> Message:
    """A column: numbers where all are, and texts with the values that there are."""
    from tensorboardX.proto.api_pb2 import DataType, HParamInfo

    values = [_value(line.parameters[name]) for line in lines]
    info = HParamInfo(name=label(name), display_name=label(name))
    if all(isinstance(value, float) for value in values):
        info.type = DataType.Value("DATA_TYPE_FLOAT64")
        return info
    info.type = DataType.Value("DATA_TYPE_STRING")
    info.domain_discrete.extend(sorted({_as_text(value) for value in values}))
    return info


def _session(line: Line, began: float) -> Message:
    from tensorboardX.proto.plugin_hparams_pb2 import SessionStartInfo

    name = line.candidate.name
    info = SessionStartInfo(group_name=name, start_time_secs=began)
    for key, value in line.parameters.items():
        known = _value(value)
        if isinstance(known, float):
            info.hparams[label(key)].number_value = known
        else:
            info.hparams[label(key)].string_value = known
    return _summary("session_start_info", session_start_info=info)


def _ending(line: Line, ended: float | None) -> list[Message]:
    from tensorboardX.proto.api_pb2 import Status
    from tensorboardX.proto.plugin_hparams_pb2 import SessionEndInfo

    ending = ENDINGS.get(line.candidate.status.state)
    if not ending:
        return []
    info = SessionEndInfo(status=Status.Value(ending), end_time_secs=ended or 0.0)
    return [_summary("session_end_info", session_end_info=info)]


def _summary(kind: str, **content: Message) -> Message:
    from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData
    from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata

    data = HParamsPluginData(version=0, **content).SerializeToString()
    plugin = SummaryMetadata.PluginData(plugin_name="hparams", content=data)
    metadata = SummaryMetadata(plugin_data=plugin)
    value = Summary.Value(tag=f"_hparams_/{kind}", metadata=metadata)
    return Summary(value=[value])


def _times(line: Line) -> tuple[float, float | None] | None:
    """When a run began and ended, in seconds since 1970; None where there is none."""
    try:
        facts = RunFolder(line.candidate.path).facts()
    except UsageError:  # it has not begun, or is damaged
        return None
    return _seconds(facts.get("started")) or 0.0, _seconds(facts.get("ended"))


def _seconds(time: str | None) -> float | None:
    try:
        return datetime.fromisoformat(time).timestamp() if time else None
    except ValueError:  # damaged
        return None


def _value(value: object) -> float | str:
    """Numbers as they are; what HParams cannot hold as text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return _as_text(value)


def _as_text(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
