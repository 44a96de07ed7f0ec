"""The training of one session: epochs, checkpoints, previews, until a plan or a command ends it."""

from __future__ import annotations

import logging
import math
import time
from pathlib import Path

import msgspec

from vae_engine.datasets import Dataset
from vae_engine.errors import SessionDamagedError
from vae_engine.evaluation.aggregate import active_units
from vae_engine.likelihoods import collapse_warning
from vae_engine.sessions import events as ev
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.previews import write_preview
from vae_engine.settings import Settings
from vae_engine.training import checkpoint, convergence, export
from vae_engine.training.checkpoint import Checkpoint, TrainingState
from vae_engine.training.controls import Controls
from vae_engine.training.finish import write_result
from vae_engine.training.inputs import EpochInputs, epoch_inputs
from vae_engine.training.originals import choose_originals
from vae_engine.training.preview import PreviewArtist
from vae_engine.training.randomness import Purpose
from vae_engine.training.steps import Evaluation, Evaluator, TrainingSteps

_log = logging.getLogger(__name__)

# Long enough that starting a chunk costs nothing, short enough that commands are obeyed at once.
_CHUNK_SECONDS = 0.2
_PROGRESS_SECONDS = 0.5


class DivergedError(Exception):
    """The loss is no longer a finite number."""


class Trainer:
    """Trains the networks of one session and leaves checkpoints, previews and events.

    Attributes:
        networks: with the weights as they are at the moment.
        originals: the test digits that every preview reconstructs.
        state: where training stands.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        dataset: Dataset,
        steps: TrainingSteps,
        journal: Journal,
        controls: Controls,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._dataset = dataset
        self._journal = journal
        self._controls = controls
        self._steps = steps
        self.networks = steps.networks
        self._optimizer = steps.optimizer
        self._evaluator = Evaluator(settings, self.networks)
        self._exporter = export.Exporter(folder, self.networks)
        self.originals = choose_originals(dataset)
        self._artist = PreviewArtist(self.networks, self.originals, seed=settings.seed)
        self._chunk_steps = 1
        self._told_progress = 0.0
        self._begun = False
        self._warned_of_collapse = False
        self.state = self._restore()

    def _restore(self) -> TrainingState:
        """Go back to the latest checkpoint, or to the start; an extension begins a new plan."""
        log, settings = self._journal.log, self._settings
        found = checkpoint.load_latest(self._folder, self._weights(), self._optimizer_values())
        if found is not None:
            self._assign(found)
            if found.state.plan.epochs == log.epochs:
                return found.state
        elif log.epoch:
            raise SessionDamagedError(
                "the session has epochs but no checkpoints, as slim copies have: fork it instead"
            )
        first = found.state.epoch if found else 0
        plan = convergence.make_plan(
            first_epoch=first,
            epochs=log.epochs,
            min_epochs=log.min_epochs,
            decay_epochs=settings.decay_epochs,
        )
        begun = convergence.begin(plan)
        if found is not None:
            return msgspec.structs.replace(found.state, plan=plan, convergence=begun)
        return TrainingState(
            epoch=0,
            step=0,
            totals=(0.0, 0.0, 0.0),
            elapsed=0.0,
            trained=0.0,
            plan=plan,
            convergence=begun,
        )

    def run(self) -> str:
        """Train until the plan or a command ends it.

        Returns:
            Why it ended: `converged`, `epochs`, `stop` (at the end of an epoch) or `stop_now`.

        Raises:
            DivergedError: the loss is not finite; the checkpoints before are intact.
            OSError: the disk refused.
        """
        self._mend()
        while True:
            reason = convergence.end_reason(
                self.state.convergence, self.state.plan, self.state.epoch
            )
            if reason is not None:
                return reason
            if not self._train_epoch():
                return "stop_now"
            if self._controls.stop == "epoch":
                return "stop"

    def draw_untrained(self) -> None:
        """Leave the preview of epoch 0, which is seen until the first epoch has ended."""
        if self.state.epoch or self.state.step:
            return
        try:
            write_preview(self._folder, 0, self._artist.draw())
        except OSError as error:
            # Nothing is lost but a picture; where the disk is full, the first epoch says so.
            _log.warning("the untrained model was not drawn: %s", error.strerror or error)

    def export_if_stale(self) -> None:
        """Export the weights as they are, unless the newest export is a few epochs old at most."""
        index = export.read_index(self._folder)
        if index is None or self.state.epoch - index.current.epoch >= export.EVERY_EPOCHS:
            self._export(self.state.epoch, self.state.step)

    def finish(self) -> None:
        """Restore the best weights, evaluate them on the test split, save and export them.

        Raises:
            SessionDamagedError: the best checkpoint is damaged.
            OSError: the disk refused.
        """
        best_epoch = self._restore_best()
        test = self._evaluator.evaluate(self._dataset.test_images, Purpose.TEST_NOISE)
        write_result(
            self._folder,
            networks=self.networks,
            dataset=self._dataset,
            originals=self.originals,
            preview=self._artist.draw(),
            test=test,
            best_epoch=best_epoch,
        )
        self._export(best_epoch)

    def _restore_best(self) -> int:
        index = checkpoint.read_index(self._folder)
        if index is None or index.best is None:
            raise SessionDamagedError("the best checkpoint is missing: resume to train again")
        values = checkpoint.load(
            self._folder, index.best, self._weights(), self._optimizer_values()
        )
        for variable, value in zip(self.networks.variables, values.weights, strict=True):
            variable.assign(value)
        return index.best.epoch

    def _export(self, epoch: int, step: int = 0) -> None:
        self._exporter.export(epoch=epoch, step=step, epochs=self.state.plan.epochs)
        self._journal.emit(ev.Exported(epoch=epoch))

    def _mend(self) -> None:
        """Do what was left after the latest checkpoint when the worker before this one died."""
        if (checkpoints := checkpoint.read_index(self._folder)) is not None:
            checkpoint.prune(self._folder, checkpoints)
        if (exports := export.read_index(self._folder)) is not None:
            export.prune(self._folder, exports)
        last = self.state.last_epoch
        if last is None:
            return
        if self._journal.log.epoch < last.epoch:
            self._journal.emit(last)
        if export.is_due(last.epoch) and last.epoch not in self._journal.log.exported:
            self._export(last.epoch)

    def _train_epoch(self) -> bool:
        """Train one epoch, or what is left of it; False when told to stop at once."""
        inputs = epoch_inputs(
            self._settings,
            self.state.plan,
            self.state.convergence,
            epoch=self.state.epoch + 1,
            images=self._steps.images,
        )
        while self.state.step < self._steps.steps:
            self._pause_if_told()
            if self._controls.stop == "now":
                self._save()
                return False
            self._train_chunk(inputs)
        self._end_epoch(inputs)
        return True

    def _train_chunk(self, inputs: EpochInputs) -> None:
        state = self.state
        last = min(state.step + self._chunk_steps, self._steps.steps)
        began = time.perf_counter()
        totals = self._steps.train(inputs, state.step, last, state.totals)
        seconds = time.perf_counter() - began
        if not all(math.isfinite(total) for total in totals):
            raise DivergedError(
                f"the loss was not finite in epoch {inputs.epoch}, by step {last}: "
                "fork it with a smaller learning_rate"
            )
        self.state = msgspec.structs.replace(
            state,
            step=last,
            totals=totals,
            elapsed=state.elapsed + seconds,
            trained=state.trained + seconds,
        )
        if not self._begun:
            self._begun = True
            self._journal.emit(ev.Begun())
        rate = (last - state.step) / seconds
        self._chunk_steps = max(1, min(round(rate * _CHUNK_SECONDS), 4 * self._chunk_steps))
        self._tell_progress(inputs)

    def _tell_progress(self, inputs: EpochInputs) -> None:
        now = time.monotonic()
        if now - self._told_progress < _PROGRESS_SECONDS:
            return
        self._told_progress = now
        state = self.state
        images = min(state.step * self._settings.batch_size, self._steps.images)
        loss, reconstruction, kl = (total / images for total in state.totals)
        self._journal.emit(
            ev.Progress(
                epoch=inputs.epoch,
                step=state.step,
                steps=self._steps.steps,
                loss=loss,
                reconstruction_loss=reconstruction,
                kl_loss=kl,
                images_per_second=images / state.trained,
            )
        )

    def _end_epoch(self, inputs: EpochInputs) -> None:
        began = time.perf_counter()
        validation = self._evaluator.evaluate(self._dataset.val_images, Purpose.VALIDATION_NOISE)
        val_loss = validation.loss(self._settings.beta, self._settings.free_bits)
        if not math.isfinite(val_loss):
            raise DivergedError(
                f"val_loss was not finite after epoch {inputs.epoch}: "
                "fork it with a smaller learning_rate"
            )
        write_preview(self._folder, inputs.epoch, self._artist.draw())
        converged = convergence.after_epoch(
            self.state.convergence,
            self.state.plan,
            epoch=inputs.epoch,
            val_loss=val_loss,
            patience=self._settings.patience,
            min_delta=self._settings.min_delta,
        )
        told = self._epoch_event(inputs, validation, val_loss, converged, began)
        self._advance(told, converged)
        self._save()
        # After the checkpoint, which carries the event: told twice is mended, lost is not.
        self._journal.emit(told)
        self._warn_of_collapse(told.epoch)
        if export.is_due(told.epoch):
            self._export(told.epoch)

    def _warn_of_collapse(self, epoch: int) -> None:
        """Say once that the gaussian likelihood describes the rounding of the pixels."""
        log_sigma = self.networks.log_sigma
        if log_sigma is None or self._warned_of_collapse:
            return
        if text := collapse_warning(float(log_sigma), epoch):
            self._warned_of_collapse = True
            _log.warning("%s", text)
            self._journal.emit(ev.Warned(text=text))

    def _epoch_event(
        self,
        inputs: EpochInputs,
        validation: Evaluation,
        val_loss: float,
        converged: convergence.Convergence,
        began: float,
    ) -> ev.EpochEnded:
        state, images = self.state, self._steps.images
        loss, reconstruction, kl = (total / images for total in state.totals)
        return ev.EpochEnded(
            time=time.time(),
            epoch=inputs.epoch,
            loss=loss,
            reconstruction_loss=reconstruction,
            kl_loss=kl,
            val_loss=val_loss,
            val_reconstruction_loss=validation.reconstruction_loss,
            val_kl_loss=validation.kl_loss,
            val_elbo=validation.elbo,
            kl_per_dimension=validation.kl_per_dimension.tolist(),
            active_units=active_units(validation.z_mean),
            learning_rate=float(inputs.learning_rates[-1]),
            beta=float(inputs.betas[-1]),
            images_per_second=images / state.trained,
            duration=state.elapsed + time.perf_counter() - began,
            earliest_end=convergence.earliest_end(
                converged, state.plan, inputs.epoch, patience=self._settings.patience
            ),
        )

    def _advance(self, told: ev.EpochEnded, converged: convergence.Convergence) -> None:
        """Step over the end of an epoch."""
        state = self.state
        is_best = state.best_val_loss is None or told.val_loss < state.best_val_loss
        self.state = TrainingState(
            epoch=told.epoch,
            step=0,
            totals=(0.0, 0.0, 0.0),
            elapsed=0.0,
            trained=0.0,
            plan=state.plan,
            convergence=converged,
            best_epoch=told.epoch if is_best else state.best_epoch,
            best_val_loss=told.val_loss if is_best else state.best_val_loss,
            last_epoch=told,
        )

    def _pause_if_told(self) -> None:
        if not self._controls.begin_rest():
            return
        self._save()
        self._journal.emit(ev.Paused())
        self._controls.wait_while_paused()
        if self._controls.stop is None:
            self._journal.emit(ev.Continued())

    def _save(self) -> None:
        checkpoint.save(
            self._folder,
            Checkpoint(self.state, self._weights(), self._optimizer_values()),
        )

    def _assign(self, found: Checkpoint) -> None:
        variables = [*self.networks.variables, *self._optimizer.variables]
        for variable, value in zip(variables, [*found.weights, *found.optimizer], strict=True):
            variable.assign(value)

    def _weights(self) -> list[checkpoint.Array]:
        return [variable.numpy() for variable in self.networks.variables]

    def _optimizer_values(self) -> list[checkpoint.Array]:
        return [variable.numpy() for variable in self._optimizer.variables]
