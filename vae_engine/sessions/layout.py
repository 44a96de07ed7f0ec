"""File names in a session folder: the contract between worker and viewers.

Each file has one writer. `session.json` is written once by whoever creates the session,
`label.json` by whoever renames or tags it, `evaluation.json` by whoever evaluates it,
`tensorboard.json` by whoever starts the worker, `dataset.json` by whoever finds a dataset that was
moved, `points.json` by whoever names a point of latent space, `mixture.npz` by whoever fits a
mixture, `notify.log` by the process that runs a command at the end, everything else by the worker
only; controllers add files to the inbox and the worker removes them.
"""

from __future__ import annotations

import re
from pathlib import Path

SCHEMA = 1

MANIFEST = "session.json"
LABEL = "label.json"
EVENTS = "events.jsonl"
SUMMARY = "summary.json"
WORKER = "worker.json"
HEARTBEAT = "heartbeat"
LOCK = "worker.lock"
LOG = "worker.log"
NOTIFY_LOG = "notify.log"
RESULT = "result.json"
EVALUATION = "evaluation.json"
INBOX = "inbox"
CHECKPOINTS = "checkpoints"
PREVIEWS = "previews"
EXPORTS = "exports"
MODEL = "model"
INDEX = "index.json"
ORIGINALS = "originals.npz"
WEIGHTS = "model/vae.weights.h5"
KERAS_MODEL = "model/vae.keras"
LITERT_ENCODER = "model/encoder.tflite"
LITERT_DECODER = "model/decoder.tflite"
RECONSTRUCTIONS = "reconstructions.png"
SAMPLES = "samples.png"
EMBEDDINGS = "embeddings.npz"
TENSORBOARD = "tensorboard.json"
DATASET = "dataset.json"
IMAGES = "images.npz"
POINTS = "points.json"
MACHINE = "machine.json"
MIXTURE = "mixture.npz"

OF_OTHERS = (LABEL, EVALUATION, TENSORBOARD, DATASET, POINTS, MIXTURE)
"""Files that processes other than the worker replace, while it may run."""

FOLDERS = (INBOX, CHECKPOINTS, PREVIEWS, EXPORTS, MODEL)
"""The subfolders of a session."""

TRASH = ".trash"
SWEEPS = ".sweeps"

NAMES = frozenset(
    {
        MANIFEST,
        LABEL,
        EVENTS,
        SUMMARY,
        WORKER,
        HEARTBEAT,
        LOCK,
        LOG,
        NOTIFY_LOG,
        RESULT,
        INBOX,
        CHECKPOINTS,
    }
    | {
        PREVIEWS,
        EXPORTS,
        MODEL,
        RECONSTRUCTIONS,
        SAMPLES,
        EMBEDDINGS,
        EVALUATION,
        TENSORBOARD,
        DATASET,
        IMAGES,
        POINTS,
        MACHINE,
        MIXTURE,
    }
)
"""Everything directly in a session folder."""

# Earlier versions exported LiteRT files.
_EXPORT = r"exports/(encoder|decoder)-[0-9]{6,9}\.(npz|tflite)"
# Not exported: files of one machine or one worker (worker.json, heartbeat, lock, inbox,
# notify.log),
# tensorboard.json, since nobody may choose where another user's worker writes, dataset.json, and
# the summary, which an import derives from the log.
_TRAVELLING = (
    r"session\.json|label\.json|events\.jsonl|worker(-[0-9]{3})?\.log|result\.json"
    r"|evaluation\.json|points\.json|machine\.json|reconstructions\.png|samples\.png|embeddings\.npz|images\.npz"
    r"|mixture\.npz"
    r"|checkpoints/(index\.json|epoch-[0-9]{6,9}-step-[0-9]{6,9}\.npz)"
    r"|previews/(originals|epoch-[0-9]{6,9})\.npz"
    rf"|exports/index\.json|{_EXPORT}"
    r"|model/(vae\.weights\.h5|vae\.keras|(encoder|decoder)\.tflite)"
)
# For further training or other programs; the exports hold the same weights.
_LEFT_OUT_OF_SLIM = r"checkpoints/.*|worker(-[0-9]{3})?\.log|model/.*|images\.npz"


def worker_log(index: int) -> str:
    """Name of the log of a worker other than the chief, if several train the session."""
    return f"worker-{index:03d}.log"


def preview_file(epoch: int) -> str:
    """Name of an epoch's preview, relative to the session folder."""
    return f"{PREVIEWS}/epoch-{epoch:06d}.npz"


def checkpoint_file(epoch: int, step: int) -> str:
    """Name of a checkpoint after `step` steps of the epoch that follows `epoch` whole ones."""
    return f"{CHECKPOINTS}/epoch-{epoch:06d}-step-{step:06d}.npz"


def export_file(part: str, epoch: int) -> str:
    """Name of the exported `encoder` or `decoder` of an epoch."""
    return f"{EXPORTS}/{part}-{epoch:06d}.npz"


def is_export(relative: str) -> bool:
    """Whether this is the name of an exported encoder or decoder, of any version."""
    return re.fullmatch(_EXPORT, relative) is not None


def travels(relative: str, *, slim: bool = False) -> bool:
    """Whether a file, named relative to its session, is part of an export."""
    if not re.fullmatch(_TRAVELLING, relative):
        return False
    return not (slim and re.fullmatch(_LEFT_OUT_OF_SLIM, relative))


def create_folders(folder: Path) -> None:
    """Make the subfolders that a worker writes into."""
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True)
