"""Other programs use a session's `model/`: LiteRT's runtime, and plain Keras."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vae_engine.sessions import layout
from vae_engine.sessions.session import Session

# Each runs in a process of its own, in the session's folder, without this package.
LITERT = """
import numpy as np
from ai_edge_litert.interpreter import Interpreter

encode = Interpreter("model/encoder.tflite").get_signature_runner()
decode = Interpreter("model/decoder.tflite").get_signature_runner()

images = np.random.default_rng(0).random((5, 28, 28, 1), np.float32)
posterior = encode(images=images)
reconstructions = decode(z=posterior["z_mean"])["images"]
print(posterior["z_log_var"].shape, reconstructions.shape)
"""
PLAIN_LITERT = """
import numpy as np
from ai_edge_litert.interpreter import Interpreter

encoder = Interpreter("model/encoder.tflite")
encoder.allocate_tensors()
print(encoder.get_input_details()[0]["name"], [o["name"] for o in encoder.get_output_details()])
decoder = Interpreter("model/decoder.tflite")
decoder.allocate_tensors()
print(decoder.get_input_details()[0]["name"], [o["name"] for o in decoder.get_output_details()])

image = np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
encoder.set_tensor(encoder.get_input_details()[0]["index"], image)
encoder.invoke()
z_mean, z_log_var = (encoder.get_tensor(o["index"]) for o in encoder.get_output_details())
np.savez(OUTPUT, image=image, z_mean=z_mean, z_log_var=z_log_var)
"""
FINE_TUNING = """
import sys

import keras
import numpy as np
from keras import ops


class Vae(keras.Model):
    # Trains a loaded model on images alone: binary cross-entropy plus KL, in nats per image.

    def __init__(self, model, beta=1.0):
        super().__init__()
        self.model, self.beta = model, beta

    def call(self, images, training=False):
        return dict(zip(self.model.output_names, self.model(images, training=training)))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        probabilities = ops.clip(y_pred["images"], 1e-6, 1 - 1e-6)
        cross_entropy = -(x * ops.log(probabilities) + (1 - x) * ops.log(1 - probabilities))
        reconstruction = ops.mean(ops.sum(cross_entropy, axis=(1, 2, 3)))
        mean, log_var = y_pred["z_mean"], y_pred["z_log_var"]
        kl = 0.5 * ops.sum(ops.square(mean) + ops.exp(log_var) - log_var - 1, axis=1)
        return reconstruction + self.beta * ops.mean(kl)


model = keras.models.load_model("model/vae.keras")
assert "vae_engine" not in sys.modules
found = dict(zip(model.output_names, model(np.zeros((2, 28, 28, 1)))))
print({name: tuple(output.shape) for name, output in found.items()})
images = np.load("previews/originals.npz")["images"][..., None].astype("float32") / 255

vae = Vae(model)
vae.compile(optimizer=keras.optimizers.Adam(1e-3))
history = vae.fit(images, epochs=30, batch_size=10, verbose=0)
print(history.history["loss"][0], history.history["loss"][-1])
model.save(OUTPUT)
"""


def run(script: str, session: Session, output: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"OUTPUT = {str(output)!r}\n{script}"],
        cwd=session.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def test_litert_takes_and_gives_by_name(trained_session: Session, tmp_path: Path) -> None:
    assert run(LITERT, trained_session, tmp_path) == ["(5, 2) (5, 28, 28, 1)"]


def test_plain_litert_has_the_names_and_z_mean_first(
    trained_session: Session, tmp_path: Path
) -> None:
    output = tmp_path / "found.npz"
    told = run(PLAIN_LITERT, trained_session, output)
    assert told == ["images ['z_mean', 'z_log_var']", "z ['images']"]
    from vae_engine.inference.sampling import load_encoder

    with np.load(output) as found:
        z_mean, z_log_var = load_encoder(trained_session).encode(found["image"])
        np.testing.assert_allclose(found["z_mean"], z_mean, atol=1e-5)
        np.testing.assert_allclose(found["z_log_var"], z_log_var, atol=1e-5)


def test_plain_keras_opens_its_file_and_fine_tunes_it_with_the_kl(
    trained_session: Session, tmp_path: Path
) -> None:
    output = tmp_path / "tuned.keras"
    shapes, line = run(FINE_TUNING, trained_session, output)[-2:]
    assert shapes == "{'images': (2, 28, 28, 1), 'z_mean': (2, 2), 'z_log_var': (2, 2)}"
    before, after = (float(value) for value in line.split())
    assert after < before < 600.0
    assert output.exists()


def test_the_result_names_the_files_of_others(trained_session: Session) -> None:
    result = trained_session.result()
    assert result is not None
    assert {layout.LITERT_ENCODER, layout.LITERT_DECODER, layout.KERAS_MODEL} <= set(result.files)


@pytest.mark.parametrize("name", [layout.LITERT_ENCODER, layout.LITERT_DECODER])
def test_slim_archives_leave_them_out(name: str) -> None:
    assert layout.travels(name)
    assert not layout.travels(name, slim=True)
