"""Every hyperparameter of a session, with its range and its help, in one place.

The command line, the form in the app and the session file all read this table, so a setting has one
name, one range and one explanation everywhere.
"""

# No `from __future__ import annotations`: msgspec would compile them one by one at every start.

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, cast

import msgspec
from msgspec import Meta
from msgspec.inspect import (
    Field,
    FloatType,
    IntType,
    LiteralType,
    Metadata,
    StrType,
    StructType,
    VarTupleType,
    type_info,
)

from vae_engine.errors import SettingError
from vae_engine.text import value_text

AUTO = "auto"
"""What is chosen by the images; `filters` holds it as ()."""

SettingValue = int | float | str | tuple[int, ...]
SettingKind = Literal["int", "float", "str", "ints", "choice"]

Units = Annotated[int, Meta(ge=1, le=4096)]
Filters = Annotated[int, Meta(ge=1, le=512)]

_SIDE = "([89]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-6])"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one session; immutable once it was created.

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
    binarize: Annotated[
        Literal["none", "dynamic"],
        Meta(description="none: grey pixels; dynamic: resample 0 or 1 every step"),
    ] = "none"
    likelihood: Annotated[
        Literal["auto", "bernoulli", "gaussian", "continuous_bernoulli"],
        Meta(description="pixels given z; auto: gaussian for colour"),
    ] = "auto"
    free_bits: Annotated[
        float,
        Meta(ge=0.0, le=100.0, description="nats of KL per dimension free of charge; 0: off"),
    ] = 0.0
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
            min_length=1,
            max_length=4,
            description="units per encoder Dense layer; mirrored in the decoder",
        ),
    ] = (256, 256)
    activation: Annotated[
        Literal["relu", "leaky_relu", "silu"],
        Meta(description="activation of the hidden layers"),
    ] = "relu"
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
    threads: Annotated[
        int, Meta(ge=0, le=1024, description="CPU threads; 0 uses all and records how many")
    ] = 0

    def keys(self) -> Iterator[str]:
        """The names of all settings."""
        return iter(self.__struct_fields__)

    def __getitem__(self, name: str) -> SettingValue:
        if name not in self.__struct_fields__:
            raise KeyError(name)
        value: SettingValue = getattr(self, name)
        return value


class Setting(msgspec.Struct, frozen=True):
    """What is known about one setting: its name, kind, default, bounds or choices, and help."""

    name: str
    kind: SettingKind
    default: SettingValue
    help: str
    low: float
    high: float
    low_open: bool
    high_open: bool
    min_items: int
    max_items: int
    choices: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def range_text(self) -> str:
        """The values it takes, in words: `a whole number from 1 to 256`."""
        if self.kind == "choice":
            return " or ".join(self.choices)
        if self.pattern:
            return "auto, a side such as 64, or HEIGHTxWIDTH such as 48x80, each from 8 to 256"
        if self.kind == "str":
            return f"text of {self.min_items} to {self.max_items} characters"
        low = f"above {self.low:g}" if self.low_open else f"from {self.low:.10g}"
        high = f"and below {self.high:g}" if self.high_open else f"to {self.high:.10g}"
        if self.low_open and not self.high_open:
            high = f"and at most {self.high:.10g}"
        if self.kind == "ints":
            auto = "" if self.min_items else f"{AUTO}, or "
            return (
                f"{auto}{max(1, self.min_items)} to {self.max_items} whole numbers {low} {high}, "
                "comma-separated"
            )
        noun = "a whole number" if self.kind == "int" else "a number"
        return f"{noun} {low} {high}"

    @property
    def option(self) -> str:
        """Its option on the command line: `--latent-dim`."""
        return "--" + self.name.replace("_", "-")

    def check(self, value: object) -> SettingValue:
        """Return `value` in this setting's type.

        Raises:
            SettingError: wrong type, or out of range.
        """
        checked = self._typed(_plain(value))
        if checked is None or not self._in_range(checked):
            raise SettingError(f"{self.name} is {value_text(value)}: it must be {self.range_text}")
        return checked

    def parse(self, text: str) -> SettingValue:
        """Read a value typed by a person, such as `16,32` or `2e-3`.

        Raises:
            SettingError: not of this setting's kind, or out of range.
        """
        try:
            if self.kind == "int":
                return self.check(int(text))
            if self.kind == "float":
                return self.check(float(text))
            if self.kind == "ints" and text != AUTO:
                return self.check(tuple(int(part) for part in text.split(",")))
        except ValueError:
            raise SettingError(
                f"{self.name} is {value_text(text)}: it must be {self.range_text}"
            ) from None
        return self.check(text)

    def format(self, value: object) -> str:
        """The text that `parse` reads back as `value`."""
        if isinstance(value, (tuple, list)):
            return ",".join(str(item) for item in value) or AUTO
        return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)

    def _typed(self, value: object) -> SettingValue | None:
        if isinstance(value, bool):
            return None
        if self.kind == "int":
            return value if isinstance(value, int) else None
        if self.kind == "float":
            return float(value) if isinstance(value, (int, float)) and abs(value) < 1e300 else None
        if self.pattern and isinstance(value, (int, list, tuple)):
            # A side, or (height, width).
            value = "x".join(map(str, [value] if isinstance(value, int) else value))
        if self.kind in ("str", "choice"):
            return value if isinstance(value, str) and value.isprintable() else None
        if value == AUTO and not self.min_items:
            return ()
        if isinstance(value, (list, tuple)) and all(type(item) is int for item in value):
            return tuple(value)
        return None

    def _in_range(self, value: SettingValue) -> bool:
        if self.kind == "choice":
            return value in self.choices
        if isinstance(value, str):
            fits = self.min_items <= len(value) <= self.max_items
            return fits and (not self.pattern or re.search(self.pattern, value) is not None)
        if isinstance(value, tuple):
            return self.min_items <= len(value) <= self.max_items and all(
                self._number_in_range(item) for item in value
            )
        return self._number_in_range(value)

    def _number_in_range(self, value: float) -> bool:
        # Written so that NaN fails both comparisons.
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below


def _plain(value: object) -> object:
    """Python's own value for what notebooks pass: NumPy numbers and arrays, and paths."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    tolist = getattr(value, "tolist", None)
    return value if tolist is None else tolist()


def _setting(field: Field) -> Setting:
    """Read a field's kind, bounds and help from its annotation."""
    if not isinstance(field.type, Metadata):
        raise TypeError(f"the setting {field.name} has no description")
    whole = field.type.type
    item = whole.item_type if isinstance(whole, VarTupleType) else whole
    bounds = item if isinstance(item, (IntType, FloatType)) else IntType(ge=0)
    low_open, high_open = bounds.gt is not None, bounds.lt is not None
    lengths = (1, 1)
    if isinstance(whole, (VarTupleType, StrType)):
        lengths = (whole.min_length or 0, whole.max_length or 0)
    return Setting(
        name=field.name,
        kind=_KINDS[type(whole)],
        default=field.default,
        help=(field.type.extra_json_schema or {})["description"],
        low=float(bounds.gt if low_open else bounds.ge or 0),  # type: ignore[arg-type]
        high=float(bounds.lt if high_open else bounds.le or 0),  # type: ignore[arg-type]
        low_open=low_open,
        high_open=high_open,
        min_items=lengths[0],
        max_items=lengths[1],
        choices=tuple(map(str, whole.values)) if isinstance(whole, LiteralType) else (),
        pattern=whole.pattern or "" if isinstance(whole, StrType) else "",
    )


_KINDS: dict[type, SettingKind] = {
    IntType: "int",
    FloatType: "float",
    StrType: "str",
    LiteralType: "choice",
    VarTupleType: "ints",
}

SETTINGS: dict[str, Setting] = {
    field.name: _setting(field) for field in cast(StructType, type_info(Settings)).fields
}


def make_settings(values: Mapping[str, object] | None = None, **changes: object) -> Settings:
    """Check every value and return the settings; what is not given takes its default.

    A default `min_epochs` or `decay_epochs` gives way to fewer `epochs`; one that was asked for
    does not.

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


def changed_settings(settings: Settings) -> dict[str, SettingValue]:
    """The settings that differ from their defaults, by name.

    So does what auto came to, except for MNIST's images, where everyone has these values.
    """
    is_mnist = settings.dataset in _GREY_28 and settings.image_size == AUTO
    usual = _MNIST_AUTO if is_mnist and settings.color != "rgb" else {}
    return {
        name: value
        for name, setting in SETTINGS.items()
        if (value := getattr(settings, name)) not in (setting.default, usual.get(name))
    }


def differing_settings(several: Sequence[Settings]) -> list[str]:
    """The names of the settings that are not the same in all of them."""
    return [name for name in SETTINGS if len({_comparable(one, name) for one in several}) > 1]


def _comparable(settings: Settings, name: str) -> SettingValue:
    """A value, with the auto of sessions that record none as what it came to then."""
    value = settings[name]
    return _MNIST_AUTO.get(name, value) if value == SETTINGS[name].default else value


_GREY_28 = ("mnist", "fashion_mnist")
_MNIST_AUTO: dict[str, SettingValue] = {"filters": (16, 32), "likelihood": "bernoulli"}
"""What auto comes to for grey images of 28x28."""
