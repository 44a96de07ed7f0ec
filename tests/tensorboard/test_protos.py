"""The parts of TensorBoard in use: all exist, and a missing one is named."""

import importlib.util
import sys

import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.plugins.projector import projector_config_pb2
from tensorboard.summary.writer import record_writer

from vae_engine.errors import EngineError
from vae_engine.tensorboard import protos
from vae_engine.tensorboard.logdir import check_tensorboard

PARTS = [
    (event_pb2, "Event"),
    (event_pb2, "SourceMetadata"),
    (plugin_data_pb2, "HParamsPluginData"),
    (plugin_data_pb2, "SessionEndInfo"),
    (plugin_data_pb2, "SessionStartInfo"),
    (projector_config_pb2, "ProjectorConfig"),
    (record_writer, "RecordWriter"),
    (summary_pb2, "Summary"),
]


def test_the_parts_below_are_all_that_are_used() -> None:
    assert {name for _, name in PARTS} | {"api_pb2", "metadata", "text_format"} == set(
        protos.__all__
    )
    check_tensorboard()


MEMBERS = [
    *((api_pb2, name) for name in ("Experiment", "HParamInfo", "MetricInfo", "MetricName")),
    *((api_pb2, name) for name in ("DATA_TYPE_STRING", "DATA_TYPE_FLOAT64")),
    *((api_pb2, name) for name in ("STATUS_SUCCESS", "STATUS_FAILURE")),
    *((metadata, name) for name in ("EXPERIMENT_TAG", "NULL_TENSOR", "create_summary_metadata")),
    *((metadata, name) for name in ("SESSION_START_INFO_TAG", "SESSION_END_INFO_TAG")),
]


@pytest.mark.parametrize(("part", "name"), MEMBERS)
def test_the_modules_used_as_such_have_what_is_used(part: object, name: str) -> None:
    assert hasattr(part, name), f"{part} lacks {name}, which vae_engine.tensorboard.hparams uses"


@pytest.mark.parametrize(("module", "name"), PARTS)
def test_a_part_that_is_gone_is_named(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    monkeypatch.delattr(module, name)
    monkeypatch.delitem(sys.modules, protos.__name__)
    with pytest.raises(EngineError, match=rf"TensorBoard \d.* lacks a part .*{name}"):
        check_tensorboard()


def test_a_missing_extra_is_named_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(EngineError, match=r"not installed: .*\[tensorboard\]"):
        check_tensorboard()
