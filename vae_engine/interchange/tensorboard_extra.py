"""Whether TensorBoard, which is an extra of this package, is there."""

from __future__ import annotations

from vae_engine.errors import EngineError


def check_tensorboard() -> None:
    """Check that TensorBoard's formats can be written; this imports no TensorFlow.

    Raises:
        EngineError: TensorBoard is not installed.
    """
    try:
        import tensorboard.compat.proto.event_pb2
        import tensorboard.summary.writer.record_writer  # noqa: F401
    except ImportError:
        raise EngineError(
            "TensorBoard is not installed: it comes with this package's extra [tensorboard], "
            "as in `pip install --editable '.[tensorboard]'`"
        ) from None
