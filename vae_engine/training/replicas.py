"""Train one session on several devices, of one worker or of several.

Every replica has its own networks and optimizer. It processes its share of the batch that a single
worker would process, with the same noise for the same image, and sums the gradients with the other
replicas (`tf.distribute`, all-reduce). All replicas therefore apply the same update, which equals
that of a single worker up to the order of summation.
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
from vae_engine.training.passes import Passes, part_bounds
from vae_engine.training.randomness import epoch_order
from vae_engine.training.steps import TrainingSteps, make_optimizer

Tensor = Any
_SUM = tf.distribute.ReduceOp.SUM


def make_strategy(distribution: Distribution, addresses: tuple[str, ...]) -> tf.distribute.Strategy:
    """Create the strategy that connects the replicas; call before any other TensorFlow operation.

    With several workers it blocks until all of them have connected.

    Args:
        distribution: workers, and devices on each.
        addresses: of the workers' TensorFlow servers; empty for one worker.

    Raises:
        DistributedError: this worker has fewer devices than replicas.
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
    # Its preemption notice replaced the C handler of SIGTERM: install Python's again.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
    return strategy


def _devices(distribution: Distribution) -> list[str]:
    """Make one device visible per replica: GPUs, or logical CPU devices if there are none."""
    wanted = distribution.replicas
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        if len(gpus) < wanted:
            raise DistributedError(
                f"{wanted} replicas were requested, but there are {len(gpus)} GPUs"
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
    """Training steps that all replicas run together.

    Every worker must make the same calls of `train` and `synchronize` as the chief.
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
            build: builds networks, equal ones on every call.
            images: all training images, as for `TrainingSteps`.
            guard: context around calls that wait for other workers.
            announce: called with inputs, first and last step before these steps run.
        """
        self._replicas = []
        for device in strategy.extended.worker_devices:
            with tf.device(device):
                networks = build()
                optimizer = make_optimizer(settings, networks)
                self._replicas.append((Passes(settings, networks, limits_variance=True), optimizer))
        passes, optimizer = self._replicas[0]
        super().__init__(settings, passes.networks, optimizer, images)
        self._strategy = strategy
        self._guard = guard
        self._announce = announce
        self._synchronize = tf.function(
            lambda: self._strategy.run(self._copy_from_chief), autograph=False
        )

    def train(
        self, inputs: EpochInputs, first: int, last: int, totals: tuple[float, float, float]
    ) -> tuple[float, float, float]:
        """Run the steps together with all other replicas; see `TrainingSteps.train`.

        Raises:
            DistributedError: a worker is lost.
        """
        if self._announce is not None:
            self._announce(inputs, first, last)
        with self._guard():
            return super().train(inputs, first, last, totals)

    def synchronize(self) -> None:
        """Copy weights and optimizer of the chief's first replica to every replica.

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
        means = self._strategy.experimental_local_results(means)[0]
        return count * self._counted(tf.cast(means, tf.float64))

    def _replica_step(
        self, batch: Tensor, epsilon: Tensor, learning_rate: Tensor, beta: Tensor
    ) -> Tensor:
        replica, (passes, optimizer) = self._this_replica()
        count = tf.shape(batch)[0]
        first, last = part_bounds(count, replica, self._strategy.num_replicas_in_sync)
        weight = tf.cast(last - first, tf.float32) / tf.cast(count, tf.float32)
        # A replica without an image, in a small last batch, takes one with weight 0.
        first = tf.minimum(first, count - 1)
        last = tf.maximum(last, first + 1)
        part = slice(first, last)
        gradients, means = self._gradients(passes, batch[part], epsilon[part], beta, weight)
        weighted = [weight * value for value in (*gradients, means)]
        *gradients, means = tf.distribute.get_replica_context().all_reduce(_SUM, weighted)
        optimizer.apply(gradients, learning_rate)
        return means

    def _kl_with_free_bits(self, image_kl: Tensor, weight: Tensor | None) -> Tensor:
        """Compute this replica's term: the mean of the whole batch decides which bits are free.

        `image_kl` is that of this replica's images, `weight` their share of the batch. The weighted
        sum over the replicas equals the term of the whole batch.
        """
        free, mean = self._settings.free_bits, tf.reduce_mean(image_kl, axis=0)
        local = weight * tf.stop_gradient(mean)
        batch_mean = tf.distribute.get_replica_context().all_reduce(_SUM, local)
        return tf.reduce_sum(tf.where(batch_mean > free, mean, free))

    def _copy_from_chief(self) -> None:
        replica, (passes, optimizer) = self._this_replica()
        variables = [*(weight.value for weight in passes.networks.variables), *optimizer.variables]
        for variable in variables:
            local = variable.read_value() if replica == 0 else tf.zeros_like(variable)
            chiefs = tf.distribute.get_replica_context().all_reduce(_SUM, local)
            if replica:  # Not the chief itself: the sum would turn -0 into +0.
                variable.assign(chiefs)

    def _this_replica(self) -> tuple[int, Any]:
        """Return index, and passes with optimizer, of the replica whose graph is being traced."""
        context = tf.distribute.get_replica_context()
        replica = int(tf.get_static_value(context.replica_id_in_sync_group))
        return replica, self._replicas[replica % len(self._replicas)]


def chunk_of(inputs: EpochInputs, first: int, last: int) -> Chunk:
    """Make the message from which other workers run the same steps."""
    return Chunk(
        epoch=inputs.epoch,
        first=first,
        last=last,
        learning_rates=inputs.learning_rates[first:last].tobytes(),
        betas=inputs.betas[first:last].tobytes(),
    )


def inputs_of(chunk: Chunk, settings: Settings, images: int) -> EpochInputs:
    """Rebuild the inputs that a chunk's steps need; rates and betas of other steps are 0."""
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
