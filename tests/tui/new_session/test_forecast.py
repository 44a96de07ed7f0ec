from __future__ import annotations

from typing import Any

import pytest

from tui.new_session.costs import Machine, Sizes, Timing, nominal_step
from tui.new_session.forecast import expected_duration, expected_sizes, expected_sweep_duration
from tui.presets import DEMO, PRESETS
from vae_engine.image_shape import ImageShape
from vae_engine.settings import Settings, make_settings

MNIST = Sizes(55_000, 5_000, 10_000)
UNKNOWN = "unknown: nothing was trained on this machine yet"


def one_thread(**settings: Any) -> Settings:
    return make_settings(settings, threads=1)


def timed(name: str = "earlier", *, slower: float = 1.0, **settings: Any) -> Timing:
    """What a session took on a machine so much slower than the nominal one."""
    made = one_thread(**settings)
    return Timing(
        name,
        made,
        Sizes(made.limit or 55_000, 5_000, 10_000),
        steps=1000,
        step=slower * nominal_step(made),
        start=slower * 8.0,
        first=slower * 6.0,
        epoch=slower * 0.3,
        finish=slower * 3.0,
        evaluation=slower * 6.0,
    )


def test_without_timings_only_the_demo_has_an_estimate() -> None:
    assert expected_duration(one_thread(), []) == UNKNOWN
    assert expected_sweep_duration([one_thread()], 1, []) == UNKNOWN
    demo = expected_duration(one_thread(**PRESETS[DEMO]), [], demo=True)
    assert demo.startswith("about 1m")
    assert "nothing was trained" in demo


def test_what_never_took_a_step_tells_nothing() -> None:
    young = Timing("young", one_thread(), MNIST, start=9.0)
    assert expected_duration(one_thread(), [young]) == UNKNOWN


def test_a_run_takes_between_the_least_and_the_most_epochs() -> None:
    said = expected_duration(one_thread(), [timed()])
    assert said == "4m22s to 10m27s, until it converges (4,795 images/s, as earlier)"


def test_the_fixed_costs_count() -> None:
    machine = Machine([timed()])
    tiny, sizes = one_thread(epochs=2, limit=200, batch_size=8), Sizes(200, 5_000, 10_000)
    span = machine.run(tiny, sizes)
    assert 17.0 < span.least == span.most < 22.0
    sixty = machine.sweep([(tiny, sizes)] * 60, 1)
    assert 60 * 23 < sixty.most < 60 * 30


@pytest.mark.parametrize("slower", [0.5, 1.0, 3.0])
def test_tiny_sessions_tell_of_mnist_and_mnist_of_tiny_ones(slower: float) -> None:
    tiny = timed("tiny", slower=slower, limit=200, batch_size=8, epochs=2)
    whole = timed("whole", slower=slower)
    for settings, sizes in (
        (one_thread(), MNIST),
        (one_thread(limit=200, batch_size=8, epochs=50), Sizes(200, 5_000, 10_000)),
        (one_thread(filters=(32, 64), dense_units=(512,)), MNIST),
    ):
        by_tiny, by_whole = (Machine([one]).run(settings, sizes) for one in (tiny, whole))
        assert by_tiny.least == pytest.approx(by_whole.least, rel=0.01)
        assert by_tiny.most == pytest.approx(by_whole.most, rel=0.01)


def test_a_session_of_the_same_network_and_enough_steps_tells_most() -> None:
    short = Timing("short", one_thread(), MNIST, steps=2, step=9.0)
    other = timed("other", slower=2.0, filters=(4,))
    same = timed("same", slower=3.0)
    known = Machine([short, other, same]).known(one_thread())
    assert known is not None
    assert (known[0].name, known[1]) == ("same", True)
    assert "based on other" in expected_duration(one_thread(), [short, other])
    assert "as short" in expected_duration(one_thread(), [short])


@pytest.mark.parametrize("batch_size", [8, 16, 32, 64, 128, 256, 512])
def test_a_measured_batch_is_carried_over_to_others(batch_size: int) -> None:
    # Milliseconds of a step, measured on one thread with the default network.
    measured = {8: 4.97, 16: 6.88, 32: 9.65, 64: 15.24, 128: 26.66, 256: 47.71, 512: 91.53}
    settings = one_thread()
    timing = Timing("one", settings, MNIST, steps=1000, step=measured[128] / 1000)
    told = Machine([timing]).step_seconds(one_thread(batch_size=batch_size))
    assert told * 1000 == pytest.approx(measured[batch_size], rel=0.25)


@pytest.mark.parametrize(
    ("settings", "measured"),
    [
        ({"filters": (4, 8), "dense_units": (32,)}, 9.15),
        ({"filters": (4, 8), "dense_units": (32,), "batch_size": 16}, 2.16),
        ({"filters": (32, 64)}, 56.83),
        ({"filters": (32, 64), "batch_size": 16}, 12.93),
        ({"dense_units": (512, 512)}, 37.62),
        ({"filters": (16,), "dense_units": (64,)}, 12.58),
    ],
)
def test_a_measured_network_is_carried_over_to_others(
    settings: dict[str, Any], measured: float
) -> None:
    timing = Timing("one", one_thread(), MNIST, steps=1000, step=26.66 / 1000)
    told = Machine([timing]).step_seconds(one_thread(**settings))
    assert told * 1000 == pytest.approx(measured, rel=0.25)


@pytest.mark.parametrize(
    ("shape", "batch_size", "measured"),
    [
        ((32, 32, 3), 128, 77.8),
        ((64, 64, 1), 128, 132.6),
        ((64, 64, 3), 128, 375.6),
        ((64, 64, 3), 32, 108.3),
        ((48, 80, 1), 128, 120.4),
        ((128, 128, 3), 32, 171.1),
    ],
)
def test_images_of_28x28_tell_how_long_others_take(
    shape: tuple[int, int, int], batch_size: int, measured: float
) -> None:
    # Milliseconds of a step, measured like those above, on another machine.
    timing = Timing("one", one_thread(), MNIST, steps=1000, step=24.5 / 1000)
    settings = one_thread(batch_size=batch_size, latent_dim=32)
    told = Machine([timing]).step_seconds(settings, ImageShape(*shape))
    assert told * 1000 == pytest.approx(measured, rel=0.25)
    assert Machine([timing]).known(settings, ImageShape(*shape)) == (timing, False)


def test_the_shape_of_earlier_sessions_counts() -> None:
    colour = ImageShape(64, 64, 3)
    sizes = Sizes(2000, 200, 200, colour)
    timing = Timing("icons", one_thread(dataset="/data/icons"), sizes, steps=1000, step=0.4)
    assert expected_sizes(one_thread(dataset="/data/icons"), [timing]) == sizes
    assert "images/s, as icons" in expected_duration(one_thread(dataset="/data/icons"), [timing])
    other = expected_sizes(one_thread(dataset="/data/icons", image_size="32"), [timing])
    assert other is not None
    assert other.shape[:2] == (32, 32)
    cifar = expected_sizes(one_thread(dataset="cifar10"), [])
    assert cifar == Sizes(45_000, 5_000, 10_000, ImageShape(32, 32, 3))


def test_for_a_dataset_of_unknown_length_it_tells_the_rate() -> None:
    said = expected_duration(one_thread(dataset="/data/mine.npz"), [timed()])
    assert "s per epoch for every 10,000 images (4,795 images/s, as earlier)" in said
    unknown = [one_thread(), one_thread(dataset="/data/mine.npz")]
    assert "the number of images" in expected_sweep_duration(unknown, 1, [timed()])


def test_a_dataset_that_was_trained_on_is_known() -> None:
    mine = timed("mine", dataset="/data/mine.npz")
    said = expected_duration(one_thread(dataset="/data/mine.npz"), [mine])
    assert "until it converges" in said


def test_trials_at_once_share_the_time_and_none_is_split() -> None:
    machine = Machine([timed()])
    trials = [(one_thread(seed=seed, epochs=10), MNIST) for seed in range(4)]
    one, two = machine.sweep(trials, 1), machine.sweep(trials, 2)
    assert two.most == pytest.approx(one.most / 2)
    assert machine.sweep(trials[:1], 4).most == pytest.approx(one.most / 4)
    said = expected_sweep_duration([settings for settings, _ in trials], 2, [timed()])
    assert said.endswith("(as earlier)")
