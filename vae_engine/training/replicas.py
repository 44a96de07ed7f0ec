"""One session on several devices, of one worker or of several.

Every replica has networks and an optimizer of its own, takes its part of the very batch that one
worker would take, with the same noise for the same image, and sums the gradients with the others
(`tf.distribute`, all-reduce). So all take the same update, which is the one worker's up to the
order of the sums.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vae_engine.distributed.distribution import Distribution
from vae_engine.distributed.messages import Chunk
from vae_engine.errors import DistributedError
from vae_engine.model.network import Networks
from vae_engine.settings import Settings
from vae_engine.training.inputs import EpochInputs
from vae_engine.training.randomness import epoch_order
from vae_engine.training.steps import TrainingSteps, make_optimizer

Tensor = Any
_SUM = tf.distribute.ReduceOp.SUM


def make_strategy(distribution: Distribution, addresses: tuple[str, ...]) -> tf.distribute.Strategy:
    """The strategy by which the replicas reach each other; before TensorFlow does anything else.

    With several workers it returns once all of them are there.

    Args:
        distribution: workers, and devices on each.
        addresses: of the workers' TensorFlow servers; empty for one worker.

    Raises:
        DistributedError: this worker has fewer devices than replicas are wanted.
    """
    devices = _devices(distribution)
    if not distribution.workers:
        return tf.distribute.MirroredStrategy(devices)
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(addresses)}),
        task_type="worker",
        task_id=distribution.index,
        rpc_layer="grpc",
    )
    strategy = tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
    # Its notice of preemption took SIGTERM away from whoever handled it.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
    return strategy


def _devices(distribution: Distribution) -> list[str]:
    """Make as many devices visible as replicas are wanted: GPUs, or else parts of the CPU."""
    wanted = distribution.replicas
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        if len(gpus) < wanted:
            raise DistributedError(
                f"{wanted} replicas are asked for, and there are {len(gpus)} GPUs"
            )
        tf.config.set_visible_devices(gpus[:wanted], "GPU")
        return [f"GPU:{index}" for index in range(wanted)]
    if wanted > 1:
        if distribution.workers:
            raise DistributedError(
                f"{wanted} replicas were requested, but there is no GPU: without GPUs a worker has "
                "one replica; start more workers"
            )
        (cpu,) = tf.config.list_physical_devices("CPU")
        parts = [tf.config.LogicalDeviceConfiguration()] * wanted
        tf.config.set_logical_device_configuration(cpu, parts)
    return [f"CPU:{index}" for index in range(wanted)]


class ReplicatedSteps(TrainingSteps):
    """Training steps that all replicas take together.

    Every worker must call `train` and `synchronize` as the chief does.
    """

    def __init__(
        self,
        settings: Settings,
        strategy: tf.distribute.Strategy,
        build: Callable[[], Networks],
        images: NDArray[Any],
        *,
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
        announce: Callable[[EpochInputs, int, int], None] | None = None,
    ) -> None:
        """Build networks and an optimizer on every device of this worker.

        Args:
            settings: the same on every worker.
            strategy: of the replicas.
            build: makes networks; equal ones each time.
            images: all training images, as `TrainingSteps` takes them.
            guard: surrounds what waits for other workers.
            announce: is told of the steps of an epoch before they are taken.
        """
        self._replicas = []
        for device in strategy.extended.worker_devices:
            with tf.device(device):
                networks = build()
                self._replicas.append((networks, make_optimizer(settings, networks)))
        super().__init__(settings, *self._replicas[0], images)
        self._strategy = strategy
        self._guard = guard
        self._announce = announce
        self._synchronize = tf.function(
            lambda: self._strategy.run(self._take_over), autograph=False
        )

    def train(
        self, inputs: EpochInputs, first: int, last: int, totals: tuple[float, float, float]
    ) -> tuple[float, float, float]:
        """Take the steps with all others; see `TrainingSteps.train`.

        Raises:
            DistributedError: a worker is lost.
        """
        if self._announce is not None:
            self._announce(inputs, first, last)
        with self._guard():
            return super().train(inputs, first, last, totals)

    def synchronize(self) -> None:
        """Give every replica the weights and the optimizer of the chief's first one.

        Raises:
            DistributedError: a worker is lost.
        """
        with self._guard():
            self._synchronize()

    def _train_step(
        self, batch: Tensor, epoch: Tensor, step: Tensor, learning_rate: Tensor, beta: Tensor
    ) -> Tensor:
        epsilon = self._noise(batch, epoch, step)
        means = self._strategy.run(self._replica_step, args=(batch, epsilon, learning_rate, beta))
        count = tf.cast(tf.shape(batch)[0], tf.float64)
        # The same on every replica.
        return count * tf.cast(self._strategy.experimental_local_results(means)[0], tf.float64)

    def _replica_step(
        self, batch: Tensor, epsilon: Tensor, learning_rate: Tensor, beta: Tensor
    ) -> Tensor:
        replica, (networks, optimizer) = self._this_replica()
        count = tf.shape(batch)[0]
        first, last = part_bounds(count, replica, self._strategy.num_replicas_in_sync)
        weight = tf.cast(last - first, tf.float32) / tf.cast(count, tf.float32)
        # A replica without an image, in a small last batch, takes one that counts nothing.
        first = tf.minimum(first, count - 1)
        last = tf.maximum(last, first + 1)
        part = slice(first, last)
        gradients, means = self._gradients(networks, batch[part], epsilon[part], beta, weight)
        weighted = [weight * value for value in (*gradients, means)]
        *gradients, means = tf.distribute.get_replica_context().all_reduce(_SUM, weighted)
        optimizer.apply(gradients, learning_rate)
        return means

    def _charged(self, every_kl: Tensor, weight: Tensor | None) -> Tensor:
        """As of one replica: which dimensions are free is decided by the whole batch's mean.

        `every_kl` is of this replica's part, `weight` its share of the batch. The charges of all
        parts, weighted, sum to the whole batch's.
        """
        free, mean = self._settings.free_bits, tf.reduce_mean(every_kl, axis=0)
        mine = weight * tf.stop_gradient(mean)
        whole = tf.distribute.get_replica_context().all_reduce(_SUM, mine)
        return tf.reduce_sum(tf.where(whole > free, mean, free))

    def _take_over(self) -> None:
        replica, (networks, optimizer) = self._this_replica()
        variables = [*(one.value for one in networks.variables), *optimizer.variables]
        for variable in variables:
            mine = variable.read_value() if replica == 0 else tf.zeros_like(variable)
            chiefs = tf.distribute.get_replica_context().all_reduce(_SUM, mine)
            if replica:  # The chief keeps its own: a sum makes +0 of -0.
                variable.assign(chiefs)

    def _this_replica(self) -> tuple[int, Any]:
        """Number and networks of the replica for which the graph is being built."""
        context = tf.distribute.get_replica_context()
        replica = int(tf.get_static_value(context.replica_id_in_sync_group))
        return replica, self._replicas[replica % len(self._replicas)]


def part_bounds(count: Tensor, replica: int, replicas: int) -> tuple[Tensor, Tensor]:
    """A replica's part of a batch of `count` images, from and to; sizes differ by at most one."""
    return count * replica // replicas, count * (replica + 1) // replicas


def chunk_of(inputs: EpochInputs, first: int, last: int) -> Chunk:
    """What other workers must be told to take the same steps."""
    return Chunk(
        epoch=inputs.epoch,
        first=first,
        last=last,
        learning_rates=inputs.learning_rates[first:last].tobytes(),
        betas=inputs.betas[first:last].tobytes(),
    )


def inputs_of(chunk: Chunk, settings: Settings, images: int) -> EpochInputs:
    """An epoch's inputs as far as the steps of a chunk need them."""
    steps = -(-images // settings.batch_size)
    rates, betas = np.zeros(steps, np.float32), np.zeros(steps, np.float32)
    rates[chunk.first : chunk.last] = np.frombuffer(chunk.learning_rates, np.float32)
    betas[chunk.first : chunk.last] = np.frombuffer(chunk.betas, np.float32)
    return EpochInputs(
        epoch=chunk.epoch,
        order=epoch_order(settings.seed, chunk.epoch, images),
        learning_rates=rates,
        betas=betas,
    )
