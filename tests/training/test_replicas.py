"""Several replicas take the very steps of one: on logical CPUs, in a process of their own.

TensorFlow takes its devices once, before anything else, so that this process cannot have them.
"""

import json
import os
import subprocess
import sys

import msgspec
import numpy as np
import pytest

from vae_engine.settings import make_settings
from vae_engine.training.inputs import EpochInputs
from vae_engine.training.passes import part_bounds
from vae_engine.training.randomness import epoch_order
from vae_engine.training.replicas import chunk_of, inputs_of

SCRIPT = """
import json
import numpy as np
from tests.training.test_replicas import compare
print(json.dumps(compare()))
"""


def compare() -> dict[str, object]:
    """Train alike with one replica and with three; returns how they differ."""
    from vae_engine.datasets import load_dataset
    from vae_engine.distributed.distribution import Distribution
    from vae_engine.model.network import build_networks
    from vae_engine.training.environment import configure_tensorflow
    from vae_engine.training.replicas import ReplicatedSteps, make_strategy
    from vae_engine.training.steps import TrainingSteps, make_optimizer

    settings = make_settings(
        latent_dim=3,
        filters=(4, 8),
        dense_units=(32,),
        batch_size=32,
        seed=4,
        threads=1,
        activation="silu",
        binarize="dynamic",
        augment="flip_shift",
        adam_epsilon=1e-4,
    )
    configure_tensorflow(settings)
    strategy = make_strategy(Distribution(replicas=3), ())
    # Two whole batches, and one with fewer images than there are replicas.
    images = load_dataset("mnist").train_images[:65]
    networks = build_networks(settings)
    one = TrainingSteps(settings, networks, make_optimizer(settings, networks), images)
    built = iter(range(3))
    # Other weights on each, so that only what is synchronized can be equal.
    many = ReplicatedSteps(
        settings,
        strategy,
        lambda: build_networks(msgspec.structs.replace(settings, seed=4 + next(built))),
        images,
    )
    # A variance that training limits.
    for some in (one, many):
        some.networks.encoder.get_layer("z_log_var").bias.assign([25.0, 0.0, 0.0])
    many.synchronize()
    totals = {}
    for epoch in (1, 2):
        inputs = EpochInputs(
            epoch=epoch,
            order=epoch_order(settings.seed, epoch, len(images)),
            learning_rates=np.full(3, 1e-3, np.float32),
            betas=np.ones(3, np.float32),
        )
        for name, steps in (("one", one), ("many", many)):
            totals[name] = steps.train(inputs, 0, 3, (0.0, 0.0, 0.0))
    replicas = [
        [variable.numpy() for variable in (*passes.networks.variables, *optimizer.variables)]
        for passes, optimizer in many._replicas
    ]
    alone = [variable.numpy() for variable in (*one.networks.variables, *one.optimizer.variables)]
    return {
        "devices": [passes.networks.variables[0].value.device for passes, _ in many._replicas],
        "apart": max(
            float(np.abs(a.astype(np.float64) - b).max())
            for other in replicas[1:]
            for a, b in zip(replicas[0], other, strict=True)
        ),
        "from_one": max(
            float(np.abs(a.astype(np.float64) - b).max()) / max(1.0, float(np.abs(b).max()))
            for a, b in zip(replicas[0], alone, strict=True)
        ),
        "totals": totals,
    }


def test_three_replicas_take_the_steps_of_one() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert [device.rpartition("/device:")[2] for device in found["devices"]] == [
        "CPU:0",
        "CPU:1",
        "CPU:2",
    ]
    assert found["apart"] == 0.0
    assert 0.0 < found["from_one"] < 1e-5
    assert found["totals"]["many"] == pytest.approx(found["totals"]["one"], rel=1e-6)


@pytest.mark.parametrize(("count", "replicas"), [(128, 2), (80, 3), (1, 2), (2, 3), (5, 5)])
def test_the_parts_of_a_batch_are_the_batch(count: int, replicas: int) -> None:
    bounds = [part_bounds(count, replica, replicas) for replica in range(replicas)]
    assert [first for first, _ in bounds] == [0, *(last for _, last in bounds[:-1])]
    assert bounds[-1][1] == count
    sizes = [last - first for first, last in bounds]
    assert max(sizes) - min(sizes) <= 1


def test_a_member_gets_the_bits_that_the_chief_has() -> None:
    settings = make_settings(batch_size=32, seed=4)
    inputs = EpochInputs(
        epoch=3,
        order=epoch_order(4, 3, 300),
        learning_rates=np.geomspace(1e-5, 1e-2, 10).astype(np.float32),
        betas=np.linspace(0, 1, 10).astype(np.float32),
    )
    got = inputs_of(chunk_of(inputs, 2, 7), settings, 300)
    assert (got.epoch, got.order.tolist()) == (3, inputs.order.tolist())
    assert got.learning_rates[2:7].tobytes() == inputs.learning_rates[2:7].tobytes()
    assert got.betas[2:7].tobytes() == inputs.betas[2:7].tobytes()
