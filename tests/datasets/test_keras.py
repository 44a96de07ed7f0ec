from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.datasets.samples import digits, write_idx
from vae_engine.datasets import check_dataset, load_dataset
from vae_engine.errors import DatasetError

OFFLINE = {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
"""Nothing listens at the discard port: a download fails at once, network or not."""


def run_python(code: str, **environment: str) -> Any:
    """Run code in a fresh interpreter and return what it printed last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | OFFLINE | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def fashion_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "datasets" / "fashion-mnist"


def test_reading_datasets_imports_neither_tensorflow_nor_keras() -> None:
    heavy = run_python(
        "import json, sys\n"
        "import vae_engine.datasets as datasets\n"
        "datasets.load_dataset('mnist')\n"
        "print(json.dumps([name for name in sys.modules if 'keras' == name.split('.')[0]"
        " or 'tensorflow' == name.split('.')[0]]))"
    )
    assert heavy == []


KERAS = """
import json, logging, os, socket, threading
from pathlib import Path

import numpy as np
records = []
handler = logging.Handler()
handler.emit = lambda record: records.append(record.getMessage())
logging.getLogger("vae_engine").addHandler(handler)
logging.getLogger("vae_engine").setLevel(logging.INFO)

from keras.datasets import mnist
from vae_engine.datasets import keras_loader, load_dataset_with_keras
from vae_engine.errors import DatasetError

found = {}

offline = load_dataset_with_keras("mnist")
found["offline"] = [offline.source, offline.sha256]
found["timeout"] = socket.getdefaulttimeout()

keras_loader._MNIST_SECONDS = 0.05
download = mnist.load_data
mnist.load_data = threading.Event().wait
found["swallowed"] = load_dataset_with_keras("mnist").source

keras_loader._MNIST_SECONDS = 30.0
with np.load(Path(keras_loader.__file__).with_name("mnist.npz")) as arrays:
    loaded = (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
mnist.load_data = lambda: loaded
online = load_dataset_with_keras("mnist")
found["online"] = [online.source, online.sha256]

fashion = load_dataset_with_keras("fashion_mnist")
found["fashion"] = [fashion.source, fashion.sha256]
next(Path(os.environ["KERAS_HOME"]).rglob("t10k-labels*")).unlink()
try:
    load_dataset_with_keras("fashion_mnist")
except DatasetError as error:
    found["fashion_offline"] = str(error)
found["logged"] = records
print()
print(json.dumps(found))
"""


def test_keras_loads_what_it_can_and_the_packaged_copy_stands_in(fashion_cache: Path) -> None:
    write_idx(fashion_cache, digits(), packed=True)
    packaged, cached = load_dataset("mnist"), load_dataset("fashion_mnist")

    found = run_python(KERAS, HOME=str(fashion_cache.parent))

    assert found["offline"] == ["packaged", packaged.sha256]
    assert found["timeout"] is None
    assert found["swallowed"] == "packaged"
    assert found["online"] == ["keras", packaged.sha256]
    assert found["fashion"] == ["keras", cached.sha256]
    assert found["fashion_offline"].startswith("Keras cannot load fashion_mnist (")
    assert found["fashion_offline"].isprintable()
    assert len(found["logged"]) == 2
    assert all("using the packaged copy" in line for line in found["logged"])
    # One line of a log that is 60 cells wide is two of them.
    assert all(len(line) < 120 for line in found["logged"])


def test_fashion_mnist_is_read_from_the_keras_cache(fashion_cache: Path) -> None:
    write_idx(fashion_cache, digits(), packed=True)
    dataset = load_dataset("fashion_mnist")
    assert (dataset.name, dataset.source) == ("fashion_mnist", "keras cache")
    assert len(dataset.train_images) == 30
    check_dataset("fashion_mnist")


def test_a_missing_fashion_mnist_says_how_to_get_it(fashion_cache: Path) -> None:
    with pytest.raises(DatasetError, match=r"not in the Keras cache .*-mnist': wanted") as caught:
        load_dataset("fashion_mnist")
    assert (caught.value.remedy, caught.value.subject) == ("download", "fashion_mnist")


def test_a_damaged_cache_says_what_to_delete(fashion_cache: Path) -> None:
    write_idx(fashion_cache, digits(), packed=True)
    (fashion_cache / "t10k-images-idx3-ubyte.gz").write_bytes(b"half a download")
    with pytest.raises(DatasetError, match=r"t10k-images.* is a text file.*delete .* to download"):
        check_dataset("fashion_mnist")


@pytest.mark.slow
def test_a_failed_download_is_one_line_before_a_session_exists(
    fashion_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, proxy in OFFLINE.items():
        monkeypatch.setenv(name, proxy)
    with pytest.raises(DatasetError, match=r"^Keras cannot load fashion_mnist .*wanted") as caught:
        check_dataset("fashion_mnist")
    assert str(caught.value).isprintable()


CIFAR = """
import json, sys, types
import numpy as np
def load_data():
    if FAILS:
        raise Exception("URL fetch failure on https://host/cifar.tar.gz: None -- no network")
    x = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
    y = (np.arange(60) % 10).astype("u1")[:, np.newaxis]
    return (x[:50], y[:50]), (x[50:], y[50:])
keras = types.ModuleType("keras")
keras.datasets = types.SimpleNamespace(cifar10=types.SimpleNamespace(load_data=load_data))
sys.modules["keras"] = keras
from vae_engine.datasets import load_dataset, load_dataset_with_keras
from vae_engine.errors import DatasetError
try:
    first = load_dataset_with_keras("cifar10")
    del keras.datasets.cifar10
    again = load_dataset_with_keras("cifar10")
    light = load_dataset("cifar10")
    assert first.sha256 == again.sha256 == light.sha256
    assert light.label_names[3] == "cat"
    print(json.dumps([list(light.image_shape), len(light.train_images), light.split]))
except DatasetError as error:
    print(json.dumps(str(error)))
"""


def test_cifar_is_kept_without_pickles_once_keras_has_loaded_it(tmp_path: Path) -> None:
    found = run_python("FAILS = False\n" + CIFAR, VAE_CACHE=str(tmp_path))
    assert found == [[32, 32, 3], 38, "position"]
    assert [path.name for path in tmp_path.iterdir()] == ["cifar10.npz"]


def test_cifar_without_a_network_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    told = run_python("FAILS = True\n" + CIFAR, VAE_CACHE=str(tmp_path))
    assert told.startswith("Keras cannot load cifar10 (")
    assert "wanted a network, or a copy of" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_that_is_not_here_is_reported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_CACHE", str(tmp_path))
    with pytest.raises(DatasetError, match=f"{name} is not in .*: wanted its download") as caught:
        load_dataset(name)
    assert (caught.value.remedy, caught.value.subject) == ("download", name)
    with pytest.raises(DatasetError, match=f"try `{name}`"):
        load_dataset(name.upper().replace("R1", "R-1"))
