"""A session's settings and final metrics for TensorBoard's HParams dashboard.

The messages are those of `tensorboard.plugins.hparams.summary`, which would import TensorFlow.
"""

from __future__ import annotations

from collections.abc import Collection

from vae_engine.sessions.labels import is_one_line
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS, Setting
from vae_engine.tensorboard.protos import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
    Summary,
    api_pb2,
    metadata,
)
from vae_engine.tensorboard.summaries import EVALUATION_TAGS, RESULT_TAGS

NAME = "name"
"""Column with the name of the session, in addition to the settings."""

_METRICS = (*RESULT_TAGS, "loss/validation", "latent/active_units", *EVALUATION_TAGS)
_NUMBERS = ("int", "float")
_OUTCOMES: dict[Status, int] = {
    "completed": api_pb2.STATUS_SUCCESS,
    "stopped": api_pb2.STATUS_SUCCESS,
    "diverged": api_pb2.STATUS_FAILURE,
    "failed": api_pb2.STATUS_FAILURE,
}


def experiment(prominent: Collection[str]) -> Summary.Value:
    """Return the columns of the table: every setting, and the metrics to compare.

    Every run has one, and TensorBoard takes that of whichever it finds first.

    Args:
        prominent: names of the settings to show first, as those that differ.
    """
    described = api_pb2.Experiment(
        hparam_infos=[
            api_pb2.HParamInfo(name=NAME, type=api_pb2.DATA_TYPE_STRING, differs=True),
            *(_column(setting, setting.name in prominent) for setting in SETTINGS.values()),
        ],
        metric_infos=[
            api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag), display_name=tag)
            for tag in _METRICS
        ],
    )
    return _value(metadata.EXPERIMENT_TAG, HParamsPluginData(experiment=described))


def session_start(session: Session) -> Summary.Value:
    """Return the settings of a session, and its name."""
    start = SessionStartInfo(start_time_secs=session.manifest.created)
    start.hparams[NAME].string_value = _printable(session.label.name)
    for name, setting in SETTINGS.items():
        value = getattr(session.settings, name)
        if setting.kind in _NUMBERS:
            start.hparams[name].number_value = value
        else:
            start.hparams[name].string_value = _printable(setting.format(value))
    return _value(metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=start))


def session_end(status: Status, time: float) -> Summary.Value | None:
    """Return how and when a session ended; None if it is running or can be resumed."""
    outcome = _OUTCOMES.get(status)
    if outcome is None:
        return None
    end = SessionEndInfo(status=outcome, end_time_secs=time)
    return _value(metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=end))


def _column(setting: Setting, differs: bool) -> api_pb2.HParamInfo:
    kind = api_pb2.DATA_TYPE_FLOAT64 if setting.kind in _NUMBERS else api_pb2.DATA_TYPE_STRING
    return api_pb2.HParamInfo(
        name=setting.name, description=setting.help, type=kind, differs=differs
    )


def _value(tag: str, data: HParamsPluginData) -> Summary.Value:
    return Summary.Value(
        tag=tag, metadata=metadata.create_summary_metadata(data), tensor=metadata.NULL_TENSOR
    )


def _printable(text: str) -> str:
    shown = text[:200]
    return "".join(character if is_one_line(character) else "?" for character in shown)
