"""Training on a worker that is not the chief: the same steps, and nothing else."""

from __future__ import annotations

import tensorflow as tf

from vae_engine.datasets import load_dataset_with_keras
from vae_engine.datasets.binarization import images_to_train_on
from vae_engine.datasets.image_record import Recorded
from vae_engine.datasets.preparation import Preparation
from vae_engine.distributed.distribution import Distribution
from vae_engine.distributed.member import Member
from vae_engine.distributed.messages import Chunk, End, Ready, Synchronize
from vae_engine.image_shape import shape_of_images
from vae_engine.model.network import build_networks
from vae_engine.sessions.image_record import parse_image_record
from vae_engine.settings import Settings
from vae_engine.training.environment import configure_tensorflow, suited_to_devices
from vae_engine.training.replicas import ReplicatedSteps, inputs_of, make_strategy


def train_as_member(member: Member, distribution: Distribution, settings: Settings) -> End:
    """Run the chief's training steps until it reports the end of the run.

    Args:
        member: connection to the chief.
        distribution: all workers, and which of them this one is.
        settings: the chief's, with this machine's thread count and dataset path.

    Returns:
        How the run ended.

    Raises:
        DatasetError: the images cannot be read.
        SessionDamagedError: the chief sent no record of images.
        DistributedError: there are too few devices.
    """
    settings = suited_to_devices(settings, distribution)
    configure_tensorflow(settings)
    try:
        strategy = make_strategy(distribution, member.welcome.addresses)
        dataset = load_dataset_with_keras(
            settings.dataset,
            member.welcome.split,
            Preparation.of(settings),
            recorded=_recorded(member),
        )
        dataset = dataset.limited(settings.limit)
        shape = shape_of_images(dataset.train_images.shape)
        steps = ReplicatedSteps(
            settings,
            strategy,
            lambda: build_networks(settings, shape=shape),
            images_to_train_on(dataset, settings),
        )
        member.send(Ready(dataset_sha256=dataset.sha256))
        return _follow(member, steps, settings)
    except tf.errors.OpError:
        if (ending := member.ending()) is not None:
            return ending
        raise


def _recorded(member: Member) -> Recorded | None:
    """Return what the chief sent of the images that the session began with."""
    if member.welcome.trained_on is None:
        return None
    record = parse_image_record(member.recorded) if member.recorded else None
    return Recorded(member.welcome.trained_on, record)


def _follow(member: Member, steps: ReplicatedSteps, settings: Settings) -> End:
    while True:
        match member.receive():
            case Synchronize():
                steps.synchronize()
            case Chunk() as chunk:
                inputs = inputs_of(chunk, settings, steps.images)
                steps.train(inputs, chunk.first, chunk.last, (0.0, 0.0, 0.0))
            case End() as ending:
                return ending
