"""Every option with invalid values: one line, exit code 2, nothing created."""

from pathlib import Path

import pytest

from tests.cli.conftest import Vae
from tests.tui.recorder import Recorder
from tui.cli.generate import DIGITS, SAMPLES, SEED, TEMPERATURE
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS, Setting


def bad_values(setting: Setting) -> list[str]:
    low, high = setting.low, setting.high
    match setting.kind:
        case "int":
            return [f"{low - 1:.0f}", f"{high + 1:.0f}", "", "x", "1.5", "0x10", "1" * 5000]
        case "float":
            below = low if setting.low_open else low - 0.1
            above = high if setting.high_open else high + 0.1
            return [f"{below}", f"{above}", "", "x", "nan", "inf", "-inf", "1e999"]
        case "ints":
            many = ",".join(["8"] * (setting.max_items + 1))
            return ["", ",", "x", "8.5", f"{low - 1:.0f}", f"{high + 1:.0f}", many]
        case "choice":
            return ["", "nothing", f"{setting.choices[0]} "]
        case "str":
            return [""]


CASES = [
    pytest.param(setting, value, id=f"{setting.name}={value[:12]}")
    for setting in SETTINGS.values()
    for value in bad_values(setting)
]


@pytest.mark.parametrize(("setting", "value"), CASES)
def test_train_refuses_a_bad_setting(
    vae: Vae, store: SessionStore, setting: Setting, value: str
) -> None:
    line = vae("train", f"{setting.option}={value}", "--plain").error(2)
    assert line.startswith(f"vae: {setting.name} is ")
    assert setting.range_text in line
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("--latent-dim", "300", "latent_dim is 300: it must be a whole number from 1 to 256"),
        ("--seed", "x", "seed is 'x': it must be a whole number from 0 to 2147483647"),
        ("--beta", "-1", "beta is -1.0: it must be a number from 0 to 1000"),
    ],
)
def test_the_line_has_the_name_the_value_and_the_range(
    vae: Vae, option: str, value: str, line: str
) -> None:
    assert vae("train", option, value).error(2) == f"vae: {line}"


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_fork_refuses_a_bad_setting(vae: Vae, recorder: Recorder, setting: Setting) -> None:
    parent = recorder.session(previews=False)
    value = bad_values(setting)[0]
    assert setting.range_text in vae("fork", parent.id, f"{setting.option}={value}").error(2)
    assert len(recorder.store.listings()) == 1


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_help_shows_every_setting_with_its_default(vae: Vae, setting: Setting) -> None:
    text = " ".join(vae("train", "-h").out.split())
    assert f"{setting.option} " in text
    assert f"{setting.help} [default: {setting.format(setting.default)}]" in text


@pytest.mark.parametrize(
    ("command", "option", "setting"),
    [
        ("sample", "-n", SAMPLES),
        ("sample", "--seed", SEED),
        ("sample", "--temperature", TEMPERATURE),
        ("reconstruct", "-n", DIGITS),
        ("resume", "--epochs", SETTINGS["epochs"]),
    ],
)
def test_other_numbers_are_checked_in_the_same_way(
    vae: Vae, recorder: Recorder, command: str, option: str, setting: Setting
) -> None:
    session = recorder.session(previews=False)
    for value in bad_values(setting):
        line = vae(command, session.id, option, value).error(2)
        assert line.startswith(f"vae: {setting.name} is ")
        assert setting.range_text in line


def test_epochs_and_min_epochs_must_agree(vae: Vae, store: SessionStore) -> None:
    line = vae("train", "--epochs", 5, "--min-epochs", 6).error(2)
    assert "min_epochs is 6" in line
    assert "epochs, which is 5" in line
    assert not store.root.exists()


@pytest.mark.parametrize("name", ["", " ", "latest", "a\nb", "\x1b[31mred", "\u202ecod", "x" * 500])
def test_train_refuses_a_bad_name(vae: Vae, store: SessionStore, name: str) -> None:
    assert vae("train", "--name", name).error(2).startswith(("vae: the name ", "vae: name is "))
    assert not store.root.exists()


def test_a_missing_dataset_leaves_no_session(vae: Vae, store: SessionStore, tmp_path: Path) -> None:
    line = vae("train", "--dataset", "no-such.npz").error(1)
    assert str(tmp_path / "no-such.npz") in line
    assert not store.root.exists()


def test_a_broken_dataset_leaves_no_session(vae: Vae, store: SessionStore, tmp_path: Path) -> None:
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 but no more")
    assert "broken.npz" in vae("train", "--dataset", "broken.npz").error(1)
    assert not store.root.exists()


def test_a_limit_above_the_images_there_are_leaves_no_session(
    vae: Vae, store: SessionStore
) -> None:
    line = vae("train", "--limit", 60_000).error(2)
    assert "limit is 60000" in line
    assert "55000" in line
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("command", "output", "wanted"),
    [
        ("sample", "a.jpg", ".png or .npz"),
        ("sample", "a", ".png or .npz"),
        ("reconstruct", "a.zip", ".png or .npz"),
        ("reconstruct", ".png", ".png or .npz"),
        ("embed", "a.png", ".npz"),
        ("export", "a.tar.gz", ".zip"),
        ("export", "", ".zip"),
    ],
)
def test_an_output_of_another_kind_is_refused(
    vae: Vae, recorder: Recorder, tmp_path: Path, command: str, output: str, wanted: str
) -> None:
    session = recorder.session(previews=False)
    line = vae(command, session.id, "-o", output).error(2)
    assert line == f"vae: output is {output!r}: it must be a file ending in {wanted}"
    assert [path.name for path in tmp_path.iterdir()] == ["sessions"]
