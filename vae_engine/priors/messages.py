"""What the process that fits a mixture replies to an app; framed as in `vae_engine.replies`."""

from __future__ import annotations

from typing import IO, TypeAlias

import msgspec

from vae_engine.replies import Progressed, TaskFailed, receive_bytes


class Fitted(msgspec.Struct, frozen=True, tag=True):
    """The mixture was fitted.

    Attributes:
        content: that of `mixture.npz`.
        not_kept: why it could not be saved in the session; empty if it was.
    """

    content: bytes
    not_kept: str = ""


FitReply: TypeAlias = Fitted | TaskFailed | Progressed

_replies = msgspec.msgpack.Decoder(FitReply)


def receive_fit_reply(stream: IO[bytes]) -> FitReply | None:
    """The next reply; None when the process has ended."""
    data = receive_bytes(stream)
    return None if data is None else _replies.decode(data)
