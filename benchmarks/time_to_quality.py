"""How soon ours reaches what the Keras example reaches after 1, 5, 10 and 20 epochs."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import MeasurementError, kept_findings
from benchmarks.training_sessions import Trained, train
from benchmarks.whole_command import Commands, command_options, commands
from vae_engine.datasets import load_dataset
from vae_engine.sessions.events import EpochEnded
from vae_engine.settings import Settings, make_settings

LATENT_DIM = 2
PEER_EPOCHS = (1, 5, 10, 20)
GOAL = 1 / 40
# Passes over the data that ours is given, each in a session with a schedule meant for it.
BUDGETS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0)
# Settings for a few seconds (decision 53): a sixth of the weights in one layer more, and a learning
# rate that suits leaky ReLU only (decision 7).
SHORT: dict[str, object] = {
    "batch_size": 64,
    "filters": (4, 8),
    "dense_units": (128, 128, 128),
    "activation": "leaky_relu",
    "learning_rate": 8e-3,
    "weight_decay": 0.0,
}
# Defaults that the whole command is measured with.
DEFAULT_EPOCHS = (1, 2, 3)
_PEER = "benchmarks.keras_example"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Point:
    """What one budget gave.

    Attributes:
        epochs: passes over the data.
        seconds: in training steps, their compilation included.
        test_loss: test negative ELBO, nats per image.
        processor: processor seconds; of ours, all from the first step to the last epoch's end.
        whole_seconds: of ours, until the last epoch's end with all that lies between the steps.
    """

    epochs: float
    seconds: float
    test_loss: float
    processor: float = 0.0
    whole_seconds: float = 0.0


def budget_settings(budget: float, images: int) -> Settings:
    """Settings that train for `budget` passes over `images`: fewer images where it is not whole."""
    epochs = math.ceil(budget)
    limit = 0 if budget == epochs else round(images * budget / epochs)
    return make_settings(SHORT, latent_dim=LATENT_DIM, epochs=epochs, limit=limit or images)


def first_reaching(points: list[Point], test_loss: float) -> Point | None:
    """The quickest point that is at least as good."""
    reaching = [point for point in points if point.test_loss <= test_loss]
    return min(reaching, key=lambda point: point.seconds, default=None)


def measure(say: Say, limit: int = 0, kept: Path | None = None) -> Iterator[Figure]:
    """The peer's figures, and the seconds until ours has the same.

    Args:
        say: called with a line about what is running.
        limit: number of training images, the first ones; 0 for all.
        kept: a file for the peer's figures, which take minutes: an earlier run's are used.
    """
    peer = peer_points(say, max(PEER_EPOCHS), limit, kept)
    targets = [point for point in peer if point.epochs in PEER_EPOCHS]
    for point in targets:
        yield Figure(
            f"peer: test negative ELBO, {point.epochs} of its epochs", point.test_loss, "nats"
        )
    images = limit or len(load_dataset("mnist").train_images)
    ours: list[Point] = []
    for budget in BUDGETS:
        settings = budget_settings(budget, images)
        point = our_point(say, settings, budget)
        ours.append(point)
        yield from _our_figures(point)
        if point.test_loss <= min(target.test_loss for target in targets):
            break
    for target in targets:
        yield from _seconds_until(target, ours)
    yield from _commands(say, targets[-1], settings, limit)


def _commands(say: Say, target: Point, settings: Settings, limit: int) -> Iterator[Figure]:
    """What a user waits for: the command with the last budget's settings, then with defaults.

    Of the defaults, the fewest epochs that reach the target count, up to three.
    """
    of_images = ["--limit", str(limit)] if limit else []
    with commands(say) as ran:
        yield from _command(say, ran, "the last budget", command_options(settings), target)
        for epochs in DEFAULT_EPOCHS:
            options = ["--epochs", str(epochs), *of_images]
            name = f"vae train --epochs {epochs}"
            loss = yield from _command(say, ran, name, options, target)
            if loss <= target.test_loss:
                return


def _command(
    say: Say, ran: Commands, name: str, options: list[str], target: Point
) -> Generator[Figure, None, float]:
    say(f"the command: {name}")
    waited = ran.train(options)
    yield Figure(f"command, {name}: test negative ELBO", waited.test_loss, "nats")
    yield Figure(
        f"  from its start to its end; peer: {target.epochs} of its epochs",
        waited.whole,
        "s",
        peer=target.seconds,
        processor=waited.processor,
    )
    yield Figure("    until training begins", waited.start, "s")
    yield Figure("    training", waited.training, "s")
    yield Figure("    evaluation and saved models", waited.end, "s")
    return waited.test_loss


def measure_quick(say: Say, limit: int = 0) -> Iterator[Figure]:
    """One epoch of the peer, and where ours is after as many seconds."""
    [peer] = peer_points(say, 1, limit, None, "--unprobed")
    yield Figure("peer: seconds of an epoch", peer.seconds, "s", processor=peer.processor)
    images = limit or len(load_dataset("mnist").train_images)
    one = our_point(say, budget_settings(1, images), 1)
    yield from _our_figures(one)
    # The first epoch compiles: what it gives is too few rather than too many.
    epochs = max(1, math.floor(peer.seconds / one.whole_seconds))
    most = one if epochs == 1 else our_point(say, budget_settings(epochs, images), epochs)
    if most is not one:
        yield from _our_figures(most)
    seconds = (most.whole_seconds, peer.seconds)
    name = "test negative ELBO after {:.1f} s, peer's after {:.1f} s".format(*seconds)
    yield Figure(name, most.test_loss, "nats", goal=1.0, peer=peer.test_loss)


def peer_points(say: Say, epochs: int, limit: int, kept: Path | None, *options: str) -> list[Point]:
    """The peer's test negative ELBO and working time after each epoch.

    Its epochs after the first, which compiles, count as long as its quickest one: what disturbs
    the machine is not held against it.
    """
    losses: list[float] = []
    seconds: list[float] = []
    processor: list[float] = []
    say("the Keras example: its fastest form")
    for found in kept_findings(kept, _PEER, "--epochs", epochs, "--limit", limit, *options):
        if "form" in found:
            rates = ", ".join(f"{form} {rate:.0f}/s" for form, rate in found["rates"].items())
            say(f"the Keras example: {found['form']} ({rates})")
        if "epoch" in found:
            losses.append(found["test_loss"])
            seconds.append(found["seconds"])
            processor.append(found["processor"])
            loss = f"{losses[-1]:.2f} nats, {seconds[-1]:.1f} s"
            say(f"the Keras example: epoch {found['epoch']}/{epochs}, {loss}")
    return [
        Point(epoch, wall, loss, used)
        for epoch, (wall, loss, used) in enumerate(
            zip(undisturbed(seconds), losses, undisturbed(processor), strict=True), start=1
        )
    ]


def undisturbed(seconds: list[float]) -> list[float]:
    """Seconds until the end of each epoch, were all after the first as quick as the quickest."""
    quickest = min(seconds[1:], default=0.0)
    return [seconds[0] + number * quickest for number in range(len(seconds))]


def our_point(say: Say, settings: Settings, budget: float) -> Point:
    """Train a session for one budget."""

    def on_event(event: object) -> None:
        if isinstance(event, EpochEnded):
            done = f"epoch {event.epoch}, val_loss {event.val_loss:.2f}"
            say(f"ours, budget of {budget:g} epochs: {done}")

    with tempfile.TemporaryDirectory() as folder:
        trained = train(settings, Path(folder), on_event)
    return as_point(trained, budget)


def as_point(trained: Trained, budget: float) -> Point:
    """What a session gave, with all of its working time."""
    return Point(
        epochs=budget,
        seconds=trained.steps_seconds,
        test_loss=trained.result.test_loss,
        processor=trained.processor_seconds,
        whole_seconds=trained.training_seconds,
    )


def _our_figures(point: Point) -> Iterator[Figure]:
    name = f"ours: test negative ELBO, budget of {point.epochs:g} epochs"
    yield Figure(name, point.test_loss, "nats")
    yield Figure("  its seconds in training steps", point.seconds, "s")
    yield Figure(
        "  with all that lies between them", point.whole_seconds, "s", processor=point.processor
    )


def _seconds_until(target: Point, ours: list[Point]) -> Iterator[Figure]:
    point = first_reaching(ours, target.test_loss)
    if point is None:
        most = max(ours, key=lambda one: one.epochs)
        raise MeasurementError(f"{most.epochs:g} epochs of ours did not reach {target.test_loss}")
    goal = GOAL if target.epochs == max(PEER_EPOCHS) else None
    name = f"until {target.test_loss:.2f} nats, ours; peer: {target.epochs} of its epochs"
    yield Figure(name, point.seconds, "s", goal=goal, peer=target.seconds)
    yield Figure("  with all between ours' steps", point.whole_seconds, "s", peer=target.seconds)
    yield Figure("  the same, processor time", point.processor, "s", peer=target.processor)
