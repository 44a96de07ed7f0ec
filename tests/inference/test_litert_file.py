"""Networks of earlier versions: read from LiteRT files, with the same outputs as LiteRT."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import struct
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from tests.faults.foreign.commands import ask, check
from tests.inference.networks import PARTS, Part, earlier_network, open_network, replace_network
from tests.tui.recorder import RECORDED, Recorder
from vae_engine.errors import SessionDamagedError
from vae_engine.inference.architecture import decoder_layers, encoder_layers
from vae_engine.inference.litert_file import read_litert
from vae_engine.inference.networks import Decoder, Encoder
from vae_engine.inference.sampling import load_decoder, load_encoder
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings, make_settings

EXAMPLE = Path(__file__).parents[2] / "sessions" / "20261122-110900-1941"


def by_litert(content: bytes, batch: np.ndarray) -> list[np.ndarray]:
    """What LiteRT gives, in the order of the outputs' names."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    (given,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(given["index"], batch.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], batch)
    interpreter.invoke()
    outputs = sorted(interpreter.get_output_details(), key=lambda output: output["name"])
    return [interpreter.get_tensor(output["index"]) for output in outputs]


@pytest.mark.parametrize("source", ["recorded", "example"])
def test_earlier_exports_give_what_litert_gives(source: str, tmp_path: Path) -> None:
    if source == "example":
        session = Session(EXAMPLE)
        encoder, decoder = load_encoder(session), load_decoder(session)
        index = session.exports()
        assert index is not None
        names = (index.current.encoder, index.current.decoder)
        contents = [(EXAMPLE / name).read_bytes() for name in names]
    else:
        contents = [earlier_network(part) for part in PARTS]
        opened = [
            open_network(part, content, tmp_path / part)
            for part, content in zip(PARTS, contents, strict=True)
        ]
        assert isinstance(opened[0], Encoder)
        assert isinstance(opened[1], Decoder)
        encoder, decoder = opened[0], opened[1]
    rng = np.random.default_rng(0)
    images = rng.random((70, 28, 28, 1)).astype(np.float32)
    z = 3.0 * rng.standard_normal((70, 2)).astype(np.float32)
    for mine, theirs in zip(encoder.encode(images), by_litert(contents[0], images), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)
    (probabilities,) = by_litert(contents[1], z)
    np.testing.assert_allclose(decoder.decode(z), probabilities[..., 0], atol=1e-5)


def test_logits_are_those_of_the_probabilities(tmp_path: Path) -> None:
    decoder = open_network("decoder", earlier_network("decoder"), tmp_path / "decoder")
    assert isinstance(decoder, Decoder)
    z = 3.0 * np.random.default_rng(0).standard_normal((300, 2)).astype(np.float32)
    logits = decoder.decode_logits(z)
    assert logits.shape == (300, 28, 28)
    expected = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
    np.testing.assert_allclose(decoder.decode(z), expected, atol=1e-6)


def outside(content: bytes, size: int, offset: int) -> bytes:
    """The largest Buffer without data: its `offset` and `size` point outside the file."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    buffer = max(
        (one for one in model.buffers if one.data is not None), key=lambda one: len(one.data)
    )
    buffer.data, buffer.offset, buffer.size = None, offset, size
    return packed(model)


def half(content: bytes) -> bytes:
    """The first FULLY_CONNECTED has half of its columns."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    operation = next(
        one for one in graph.operators if model.operatorCodes[one.opcodeIndex].builtinCode == 9
    )
    weights = graph.tensors[operation.inputs[1]]
    rows, columns = weights.shape
    weights.shape = [rows, columns // 2]
    buffer = model.buffers[weights.buffer]
    buffer.data = buffer.data[: len(buffer.data) // 2]
    return packed(model)


def packed(model: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


CRAFTED = {
    "memory before the file": lambda content: outside(content, 2**16, 2**64 - 2**16),
    "memory of the heap": lambda content: outside(content, 50_176, 2**64 - 16),
    "memory behind the file": lambda content: outside(content, 50_176, len(content)),
    "memory in the file": lambda content: outside(content, 50_176, 64),
    "half of the columns": half,
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("crafted", CRAFTED)
def test_a_crafted_network_is_refused(crafted: str, part: Part, tmp_path: Path) -> None:
    content = CRAFTED[crafted](earlier_network(part))
    with pytest.raises(SessionDamagedError, match="not the network of the session's settings"):
        open_network(part, content, tmp_path / f"{part}.tflite")


def test_an_untouched_network_that_was_packed_again_is_read(tmp_path: Path) -> None:
    """What the crafted ones are made with does no harm by itself."""
    for part in PARTS:
        model = schema.ModelT.InitFromPackedBuf(earlier_network(part), 0)
        open_network(part, packed(model), tmp_path / part)


COMMANDS = {
    "decoder": [["sample"], ["reconstruct"], ["evaluate"]],
    "encoder": [["embed", "-o", "z.npz"], ["reconstruct"], ["evaluate"]],
}


@pytest.mark.parametrize("crafted", ["memory of the heap", "half of the columns"])
@pytest.mark.parametrize("part", PARTS)
def test_every_command_says_so_in_one_line(
    recorder: Recorder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    crafted: str,
    part: Part,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAE_SESSIONS", str(recorder.store.root))
    session = recorder.session(**RECORDED)
    for one in PARTS:
        replace_network(session, one, earlier_network(one))
    assert check(ask("sample", session.id, "-n", 2)).code == 0
    replace_network(session, part, CRAFTED[crafted](earlier_network(part)))
    for command in COMMANDS[part]:
        answer = check(ask(*command, session.id))
        assert answer.code == 1
        assert "not the network of the session's settings" in answer.err


@pytest.mark.parametrize("part", PARTS)
def test_one_network_in_place_of_the_other_is_refused(tmp_path: Path, part: Part) -> None:
    other: Part = "encoder" if part == "decoder" else "decoder"
    with pytest.raises(SessionDamagedError, match="not the network of the session's settings"):
        open_network(part, earlier_network(other), tmp_path / f"{part}.tflite")


@pytest.mark.parametrize(
    "changes",
    [
        {"latent_dim": 4},
        {"filters": (4, 7)},
        {"filters": (4,)},
        {"dense_units": (32, 32)},
        {"dense_units": (31,)},
        {"kernel_size": 3},
        {"activation": "silu"},
        {"activation": "leaky_relu"},
    ],
    ids=str,
)
@pytest.mark.parametrize("part", PARTS)
def test_a_network_of_other_settings_is_refused(
    tmp_path: Path, part: Part, changes: dict[str, object]
) -> None:
    settings = make_settings({"latent_dim": 2, **RECORDED, **changes})
    with pytest.raises(SessionDamagedError):
        open_network(part, earlier_network(part), tmp_path / part, settings)


def test_every_byte_that_is_cut_off_is_missed() -> None:
    content = earlier_network("decoder")
    layers = decoder_layers(make_settings({"latent_dim": 2, **RECORDED}))
    for size in itertools.chain(range(0, 400), range(400, len(content), 997)):
        with pytest.raises(ValueError, match=r".+"):
            read_litert(content[:size], layers)


def test_distances_that_lead_backwards_or_round_and_round_end() -> None:
    """Each 4 bytes of the graph in turn as a distance of its own length, of 0 and below 0."""
    content = earlier_network("encoder")
    layers = encoder_layers(make_settings({"latent_dim": 2, **RECORDED}))
    for value in (0, 4, 2**31, 2**32 - 1, 2**32 - 64):
        for place in range(0, 4000, 36):
            changed = bytearray(content)
            struct.pack_into("<I", changed, place, value)
            with contextlib.suppress(ValueError):
                assert len(read_litert(bytes(changed), layers)) == 2 * len(layers)


def test_the_digest_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "decoder.tflite"
    path.write_bytes(b"\0" * 100)
    with pytest.raises(SessionDamagedError, match="not the file that was exported"):
        Decoder(path, hashlib.sha256(b"").hexdigest(), Settings())
    with pytest.raises(SessionDamagedError, match="is missing: resume"):
        Decoder(tmp_path / "no.npz", "0" * 64, Settings())
