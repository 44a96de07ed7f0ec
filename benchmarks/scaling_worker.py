"""One process of the scaling benchmark: times training steps, alone or with another process.

Run by `benchmarks.scaling`; prints one JSON object per measurement.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks.processes import tell
from vae_engine.datasets import load_dataset
from vae_engine.distributed.distribution import ALONE, Distribution, read_distribution
from vae_engine.model.network import Networks, build_networks
from vae_engine.settings import Settings, make_settings
from vae_engine.training.environment import configure_tensorflow
from vae_engine.training.inputs import EpochInputs
from vae_engine.training.randomness import epoch_order
from vae_engine.training.replicas import ReplicatedSteps, make_strategy
from vae_engine.training.steps import TrainingSteps, make_optimizer

STRETCHES = 8
STEPS = 40
REDUCTIONS = 40


def best_ms(run: Callable[[], object], count: int) -> float:
    """Milliseconds of one of `count` that `run` does, in the best of some stretches."""
    run()  # Compiles.
    seconds = []
    for _ in range(STRETCHES):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return 1e3 * min(seconds) / count


def time_steps(steps: TrainingSteps, settings: Settings) -> float:
    inputs = EpochInputs(
        epoch=1,
        order=epoch_order(settings.seed, 1, steps.images),
        learning_rates=np.full(steps.steps, settings.learning_rate, np.float32),
        betas=np.ones(steps.steps, np.float32),
    )
    return best_ms(lambda: steps.train(inputs, 0, STEPS, (0.0, 0.0, 0.0)), STEPS)


def time_reduction(strategy: tf.distribute.Strategy, numbers: int) -> float:
    """Milliseconds of one all-reduce of float32 numbers, with nothing to compute beside it."""

    def reduce() -> tf.Tensor:
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.ones([numbers]))

    def loop() -> tf.Tensor:
        total = 0.0
        for _ in tf.range(REDUCTIONS):
            tf.autograph.experimental.set_loop_options(parallel_iterations=1)
            total += strategy.experimental_local_results(strategy.run(reduce))[0][0]
        return total

    return best_ms(tf.function(loop), REDUCTIONS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distribution", type=read_distribution, default=ALONE)
    parser.add_argument("--batch-sizes", default="128")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    distribution: Distribution = options.distribution
    sizes = [int(size) for size in options.batch_sizes.split(",")]
    settings = make_settings(threads=options.threads)
    configure_tensorflow(settings)
    strategy = None
    if distribution.workers:
        strategy = make_strategy(distribution, distribution.workers)
    images = load_dataset("mnist").limited(max(sizes) * STEPS).train_images

    for size in sizes:
        sized = make_settings(threads=options.threads, batch_size=size)

        def build(sized: Settings = sized) -> Networks:
            return build_networks(sized)

        if strategy is None:
            networks = build()
            steps = TrainingSteps(sized, networks, make_optimizer(sized, networks), images)
        else:
            steps = ReplicatedSteps(sized, strategy, build, images)
        tell(batch_size=size, step_ms=time_steps(steps, sized))
    if strategy is not None:
        parameters = steps.networks.parameters
        for numbers in (1, parameters):
            tell(numbers=numbers, reduce_ms=time_reduction(strategy, numbers))


if __name__ == "__main__":
    main()
