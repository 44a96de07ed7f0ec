"""The only module that imports TensorBoard: its generated messages, and its record writer.

None of these is documented, and TensorBoard is an extra: import this module, and those that write
for TensorBoard, after `check_tensorboard` has passed. None of them imports TensorFlow.
"""

from __future__ import annotations

from google.protobuf import text_format
from tensorboard.compat.proto.event_pb2 import Event, SourceMetadata
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.summary.writer.record_writer import RecordWriter

__all__ = [
    "Event",
    "HParamsPluginData",
    "ProjectorConfig",
    "RecordWriter",
    "SessionEndInfo",
    "SessionStartInfo",
    "SourceMetadata",
    "Summary",
    "api_pb2",
    "metadata",
    "text_format",
]
