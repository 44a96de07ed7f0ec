import json
import shutil

import numpy as np
import pytest

from tests.inference.networks import earlier_network, replace_network
from tests.inference.test_litert_file import CRAFTED
from tests.tui.recorder import RECORDED, Recorder
from tui.decoders import Supply, find_supply
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session


def test_the_newest_decoder_is_taken(recorded_session: Session) -> None:
    supply = find_supply(recorded_session, None, None)
    assert supply.decoder is not None
    assert supply.decoder.entry.epoch == 4
    assert [entry.epoch for entry in supply.entries] == [1, 4]
    assert (supply.live, supply.problem) == (False, "")
    images = supply.decoder.decode(np.zeros((3, 2), np.float32))
    assert images.shape == (3, 28, 28)


def test_a_decoder_in_use_is_not_loaded_again(recorded_session: Session) -> None:
    first = find_supply(recorded_session, None, None)
    assert find_supply(recorded_session, None, first.decoder) == first
    assert find_supply(recorded_session, 4, first.decoder).decoder is first.decoder


def test_the_decoder_of_an_epoch_can_be_asked_for(recorded_session: Session) -> None:
    supply = find_supply(recorded_session, 1, None)
    assert supply.decoder is not None
    assert supply.decoder.entry.epoch == 1
    assert supply.newest is not None
    assert supply.newest.epoch == 4


def test_an_epoch_that_is_no_longer_kept_gives_the_newest(recorded_session: Session) -> None:
    supply = find_supply(recorded_session, 3, None)
    assert supply.decoder is not None
    assert supply.decoder.entry.epoch == 4


def test_a_newer_export_takes_over(recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=1, of=10)
    before = find_supply(session, None, None)
    recorder.export(session, 1, 5)
    after = find_supply(session, None, before.decoder)
    assert after.live
    assert before.decoder is not None
    assert after.decoder is not None
    assert (before.decoder.entry.epoch, after.decoder.entry.epoch) == (1, 5)


@pytest.mark.parametrize(
    ("status", "words"),
    [("training", "first decoder is exported after epoch 1"), ("failed", "Resume it")],
)
def test_before_any_export_a_sentence_says_when(
    recorder: Recorder, status: str, words: str
) -> None:
    session = recorder.session(status=status, epochs=0, of=10)  # type: ignore[arg-type]
    supply = find_supply(session, None, None)
    assert supply.decoder is None
    assert words in supply.problem


def test_a_deleted_session_leaves_the_decoder_in_use(recorded_session: Session) -> None:
    held = find_supply(recorded_session, None, None).decoder
    shutil.rmtree(recorded_session.folder)
    supply = find_supply(recorded_session, None, held)
    assert supply.decoder is held
    assert "deleted or moved" in supply.problem


def test_a_changed_decoder_is_refused(recorded_session: Session) -> None:
    path = recorded_session.folder / layout.export_file("decoder", 4)
    path.write_bytes(path.read_bytes() + b"\0")
    supply = find_supply(recorded_session, None, None)
    assert supply.decoder is None
    assert "not the file that was exported" in supply.problem


def test_a_decoder_for_another_latent_dim_is_refused(
    recorder: Recorder, recorded_session: Session
) -> None:
    other = recorder.session(latent_dim=4)
    for name in ("decoder", "encoder"):
        for epoch in (1, 4):
            file = layout.export_file(name, epoch)
            shutil.copyfile(other.folder / file, recorded_session.folder / file)
    index = f"{layout.EXPORTS}/{layout.INDEX}"
    shutil.copyfile(other.folder / index, recorded_session.folder / index)
    problem = find_supply(recorded_session, None, None).problem
    assert "array dense_1.kernel is <f4 (4, 256): expected <f4 (2, 256)" in problem


@pytest.mark.parametrize("crafted", ["memory of the heap", "half of the columns"])
def test_a_crafted_network_is_a_problem_in_one_line(recorder: Recorder, crafted: str) -> None:
    session = recorder.session(**RECORDED)
    replace_network(session, "decoder", CRAFTED[crafted](earlier_network("decoder")))
    supply = find_supply(session, None, None)
    assert supply.decoder is None
    assert "is not the network of the session's settings" in supply.problem


def test_an_encoder_in_a_decoders_place_is_refused(recorded_session: Session) -> None:
    index = recorded_session.folder / layout.EXPORTS / layout.INDEX
    exports = json.loads(index.read_text())
    for entry in [exports["current"], *exports["kept"]]:
        entry["decoder"], entry["decoder_sha256"] = entry["encoder"], entry["encoder_sha256"]
    index.write_text(json.dumps(exports))
    supply = find_supply(recorded_session, None, None)
    assert supply.decoder is None
    assert supply.problem.startswith("No decoder can be loaded")


def test_a_damaged_index_is_a_problem_and_no_failure(recorded_session: Session) -> None:
    (recorded_session.folder / layout.EXPORTS / layout.INDEX).write_text("{")
    assert "damaged" in find_supply(recorded_session, None, None).problem


def test_epochs_are_stepped_through_to_the_newest(recorder: Recorder) -> None:
    session = recorder.session(epochs=4)
    recorder.export(session, 1, 5, 9)
    supply = find_supply(session, None, None)
    assert supply.neighbour(None, -1) == 5
    assert supply.neighbour(5, -1) == 1
    assert supply.neighbour(1, -1) == 1
    assert supply.neighbour(1, 1) == 5
    assert supply.neighbour(5, 1) is None
    assert supply.neighbour(None, 1) is None
    assert Supply().neighbour(None, -1) is None


def test_what_is_no_number_is_black(
    recorded_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = find_supply(recorded_session, None, None).decoder
    assert decoder is not None
    monkeypatch.setattr(decoder.model, "decode_logits", lambda z: np.full((len(z), 28, 28), np.nan))
    assert not decoder.decode(np.zeros((2, 2), np.float32)).any()


def test_no_samples_are_decoded_to_no_images(recorded_session: Session) -> None:
    decoder = find_supply(recorded_session, None, None).decoder
    assert decoder is not None
    assert decoder.decode(np.zeros((0, 2), np.float32)).shape == (0, 28, 28)
