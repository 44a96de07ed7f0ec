"""Keras imports neither pandas nor scikit-learn in a worker, and both can be imported later."""

from __future__ import annotations

import gc
import json
import subprocess
import sys

import pytest

from vae_engine.worker.lean_import import KERAS_EXTRAS, lean_import, without

IMPORTS = """
import gc, json, sys
from vae_engine.worker.lean_import import KERAS_EXTRAS, lean_import
with lean_import():
    import vae_engine.training.run
assert gc.isenabled() and gc.get_freeze_count() > 100_000
found = [name for name in KERAS_EXTRAS if name in sys.modules]
import sklearn.neighbors, pandas
print(json.dumps([found, "keras" in sys.modules, int(pandas.Series([1, 2]).sum())]))
"""


def test_keras_does_without_and_others_find_them_afterwards() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [[], True, 3]


def test_what_is_imported_already_stays_and_what_was_hidden_comes_back() -> None:
    before = dict(sys.modules)
    with without("json", "no_such_package"):
        import json as again

        assert again is json
        with pytest.raises(ModuleNotFoundError):
            __import__("no_such_package")
        assert sys.modules["no_such_package"] is None
    assert dict(sys.modules) == before


def test_they_come_back_after_a_failure() -> None:
    with pytest.raises(RuntimeError, match="import failed"), without(*KERAS_EXTRAS, "no_such"):
        raise RuntimeError("import failed")
    assert "no_such" not in sys.modules
    with pytest.raises(RuntimeError, match="import failed"), lean_import():
        raise RuntimeError("import failed")
    assert gc.isenabled()
