"""Every hyperparameter of a session, with its range and its help, in one place.

The command line, the form in the app and the session file all read this table, so a setting has one
name, one range and one explanation everywhere.
"""

# No `from __future__ import annotations`: msgspec would compile them one by one at every start.

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, cast

import msgspec
from msgspec import Meta
from msgspec.inspect import StructType, type_info

from vae_engine.errors import SettingError
from vae_engine.setting_definition import (
    AUTO,
    Setting,
    SettingKind,
    SettingValue,
    setting_of,
)
from vae_engine.text import value_text

__all__ = [
    "AUTO",
    "SETTINGS",
    "Setting",
    "SettingKind",
    "SettingValue",
    "Settings",
    "changed_settings",
    "differing_settings",
    "make_settings",
]

Units = Annotated[int, Meta(ge=1, le=4096)]
Filters = Annotated[int, Meta(ge=1, le=512)]

_SIDE = "([89]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-6])"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one session, immutable once it is created.

    `loss = reconstruction_loss + beta * kl_loss` in nats per image. Build it with `make_settings`,
    which checks every range. `dict(settings)` and `**settings` give the values by name.
    """

    dataset: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=4096,
            description="mnist, fashion_mnist, cifar10, cifar100, or a path",
        ),
    ] = "mnist"
    latent_dim: Annotated[int, Meta(ge=1, le=256, description="dimensions of z")] = 2
    epochs: Annotated[int, Meta(ge=1, le=100_000, description="maximum number of epochs")] = 50
    min_epochs: Annotated[
        int, Meta(ge=1, le=100_000, description="minimum number of epochs, even if converged")
    ] = 20
    batch_size: Annotated[int, Meta(ge=1, le=8192, description="batch size")] = 128
    learning_rate: Annotated[
        float, Meta(gt=0.0, le=1.0, description="Adam's learning rate after the warm-up")
    ] = 3e-3
    beta: Annotated[
        float, Meta(ge=0.0, le=1000.0, description="weight of kl_loss; 1 gives the ELBO")
    ] = 1.0
    beta_warmup_epochs: Annotated[
        float,
        Meta(
            ge=0.0,
            le=100_000.0,
            description="epochs of linear beta warm-up; at most 3/10 of all",
        ),
    ] = 6.0
    seed: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="seed for weights, shuffling and noise")
    ] = 0
    limit: Annotated[
        int, Meta(ge=0, le=10_000_000, description="number of training images to use; 0 uses all")
    ] = 0
    image_size: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=8,
            pattern=f"^(auto|{_SIDE}(x{_SIDE})?)$",
            description="HEIGHTxWIDTH or one side; auto: the images' own",
        ),
    ] = "auto"
    fit: Annotated[
        Literal["crop", "pad", "stretch"],
        Meta(description="how images of another aspect ratio are fitted"),
    ] = "crop"
    color: Annotated[
        Literal["auto", "grey", "rgb"],
        Meta(description="channels; auto: grey where all images are grey"),
    ] = "auto"
    range: Annotated[
        Literal["auto", "0-1", "minmax", "percentile"],
        Meta(description="which values become black and white"),
    ] = "auto"
    augment: Annotated[
        Literal["none", "flip", "shift", "flip_shift"],
        Meta(description="random changes to training images in every step"),
    ] = "none"
    binarize: Annotated[
        Literal["none", "dynamic", "static"],
        Meta(description="draw pixels of 0 or 1: dynamic every step, static once"),
    ] = "none"
    likelihood: Annotated[
        Literal["auto", "bernoulli", "gaussian", "continuous_bernoulli"],
        Meta(description="pixels given z; auto: gaussian for colour"),
    ] = "auto"
    free_bits: Annotated[
        float,
        Meta(ge=0.0, le=100.0, description="nats of KL per dimension without penalty; 0: off"),
    ] = 0.0
    network: Annotated[
        Literal["plain", "residual"],
        Meta(description="layers of each level; residual adds two residual blocks"),
    ] = "plain"
    filters: Annotated[
        tuple[Filters, ...],
        Meta(
            max_length=8,
            description="filters per encoder convolution; auto: by image size",
        ),
    ] = ()
    kernel_size: Annotated[int, Meta(ge=2, le=9, description="kernel size of the convolutions")] = 4
    dense_units: Annotated[
        tuple[Units, ...],
        Meta(
            max_length=4,
            description="units per encoder Dense layer, mirrored in the decoder; auto: by d",
        ),
    ] = ()
    activation: Annotated[
        Literal["auto", "relu", "leaky_relu", "silu"],
        Meta(description="of the hidden layers; auto: silu for 28x28 grey, else relu"),
    ] = "auto"
    warmup_steps: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="steps of learning-rate warm-up; at most 1/10 of all",
        ),
    ] = 200
    decay_epochs: Annotated[
        int,
        Meta(ge=0, le=100_000, description="final epochs of learning-rate decay to 0"),
    ] = 10
    patience: Annotated[
        int,
        Meta(ge=1, le=100_000, description="early-stopping patience, in epochs"),
    ] = 8
    min_delta: Annotated[
        float,
        Meta(ge=0.0, le=1000.0, description="minimum improvement of val_loss, in nats per image"),
    ] = 0.1
    adam_beta_1: Annotated[
        float, Meta(ge=0.0, lt=1.0, description="Adam's decay rate of the first moment")
    ] = 0.9
    adam_beta_2: Annotated[
        float, Meta(ge=0.0, lt=1.0, description="Adam's decay rate of the second moment")
    ] = 0.99
    adam_epsilon: Annotated[
        float, Meta(gt=0.0, le=1.0, description="Adam's epsilon, avoids division by zero")
    ] = 1e-7
    clip_norm: Annotated[
        float,
        Meta(ge=0.0, le=1e9, description="largest norm of a step's gradient; 0: no limit"),
    ] = 200.0
    weight_decay: Annotated[
        float,
        Meta(ge=0.0, le=10.0, description="decoupled weight decay of the kernels; 0: off"),
    ] = 0.1
    threads: Annotated[
        int, Meta(ge=0, le=1024, description="CPU threads; 0 uses all and records how many")
    ] = 0
    batch_parts: Annotated[
        int,
        Meta(
            ge=0,
            le=64,
            description="parts of a batch computed side by side; 0: by threads, and recorded",
        ),
    ] = 0
    kernels: Annotated[
        Literal["auto", "onednn", "eigen"],
        Meta(description="TensorFlow's kernels on CPUs; auto takes the faster ones"),
    ] = "auto"

    def keys(self) -> Iterator[str]:
        """Return the names of all settings."""
        return iter(self.__struct_fields__)

    def __getitem__(self, name: str) -> SettingValue:
        if name not in self.__struct_fields__:
            raise KeyError(name)
        value: SettingValue = getattr(self, name)
        return value


SETTINGS: dict[str, Setting] = {
    field.name: setting_of(field) for field in cast(StructType, type_info(Settings)).fields
}


def make_settings(values: Mapping[str, object] | None = None, **changes: object) -> Settings:
    """Check every value and return the settings; omitted ones have their default.

    If only one of `epochs` and `min_epochs` is given, the default of the other is adjusted to it.

    Args:
        values: settings by name, as read from a file or a form.
        changes: further settings, stronger than `values`.

    Raises:
        SettingError: an unknown name, a wrong type, or a value out of range.
    """
    given = {**(values or {}), **changes}
    for name in given:
        if name not in SETTINGS:
            raise SettingError(
                f"unknown setting {value_text(name)}: known are {', '.join(SETTINGS)}"
            )
    checked = {name: SETTINGS[name].check(value) for name, value in given.items()}
    settings = Settings(**checked)  # type: ignore[arg-type]
    if settings.binarize != "none" and settings.likelihood not in (AUTO, "bernoulli"):
        raise SettingError(
            f"binarize is {settings.binarize} and likelihood {settings.likelihood}: pixels of 0 "
            "and 1 have no density, so likelihood must be bernoulli, or binarize none"
        )
    if settings.min_epochs > settings.epochs:
        if "min_epochs" in given and "epochs" in given:
            raise SettingError(
                f"min_epochs is {settings.min_epochs}: it must not be above epochs, "
                f"which is {settings.epochs}"
            )
        if "min_epochs" in given:
            return msgspec.structs.replace(settings, epochs=settings.min_epochs)
        return msgspec.structs.replace(settings, min_epochs=settings.epochs)
    return settings


def usual_batch_parts(threads: int) -> int:
    """Return into how many parts a batch is cut by default: one per thread, up to four."""
    return min(threads, _MOST_PARTS)


def usual_dense_units(latent_dim: int) -> tuple[int, ...]:
    """Return the units of each Dense layer by default for grey images of 28x28.

    Three layers up to d = 8; above, a third gains nothing: docs/decisions/0060, 0061.
    """
    return (256,) * (3 if latent_dim <= 8 else 2)


def changed_settings(settings: Settings) -> dict[str, SettingValue]:
    """Return the settings that differ from their defaults, by name.

    Resolved `auto` values count as different, except the usual ones for MNIST's images.
    """
    is_mnist = settings.dataset in _GREY_28 and settings.image_size == AUTO
    usual = _USUAL_AUTO | {"batch_parts": usual_batch_parts(settings.threads)}
    usual |= _mnist_auto(settings) if is_mnist and settings.color != "rgb" else _OTHER_IMAGES
    return {
        name: value
        for name, setting in SETTINGS.items()
        if (value := getattr(settings, name)) not in (setting.default, usual.get(name))
    }


def differing_settings(several: Sequence[Settings]) -> list[str]:
    """Return the names of the settings that differ between sessions."""
    return [name for name in SETTINGS if len({_comparable(one, name) for one in several}) > 1]


def _comparable(settings: Settings, name: str) -> SettingValue:
    """Return a value; `auto` of earlier sessions, which did not record it, is resolved."""
    value = settings[name]
    return _mnist_auto(settings).get(name, value) if value == SETTINGS[name].default else value


def _mnist_auto(settings: Settings) -> dict[str, SettingValue]:
    """Return what `auto` comes to for grey images of 28x28."""
    return {
        "filters": (16, 32),
        "dense_units": usual_dense_units(settings.latent_dim),
        "likelihood": "bernoulli",
        "activation": "silu",
    }


_MOST_PARTS = 4
"""More would leave too few images in each part of a batch of 128."""

_GREY_28 = ("mnist", "fashion_mnist")
_USUAL_AUTO: dict[str, SettingValue] = {"kernels": "onednn"}
_OTHER_IMAGES: dict[str, SettingValue] = {
    "activation": "relu",
    "clip_norm": 0.0,
    "weight_decay": 0.0,
}
