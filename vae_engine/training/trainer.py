"""Train one session: epochs, checkpoints and previews, until its plan or a command ends it."""

from __future__ import annotations

import logging
import math
import time
from pathlib import Path

import msgspec

from vae_engine.datasets import Dataset
from vae_engine.errors import SessionDamagedError
from vae_engine.likelihoods import collapse_warning
from vae_engine.random_purposes import Purpose
from vae_engine.sessions import events as ev
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.previews import write_preview
from vae_engine.settings import Settings
from vae_engine.training import checkpoint, convergence, export, metrics
from vae_engine.training.checkpoint import Checkpoint, TrainingState
from vae_engine.training.controls import Controls
from vae_engine.training.finish import write_result
from vae_engine.training.inputs import EpochInputs, epoch_inputs
from vae_engine.training.originals import choose_originals, earlier_originals
from vae_engine.training.preview import PreviewMaker
from vae_engine.training.steps import Evaluator, TrainingSteps

_log = logging.getLogger(__name__)

# Long enough to make the start of a chunk negligible, short enough to react to commands promptly.
_CHUNK_SECONDS = 0.2
_PROGRESS_SECONDS = 0.5


class DivergedError(Exception):
    """The loss is not finite."""


class Trainer:
    """Trains the networks of one session; writes checkpoints, previews, exports and events.

    Attributes:
        networks: with the current weights.
        originals: test images that every preview reconstructs.
        state: epoch, step, running sums and early-stopping state.
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
        self._chunk_steps = 1
        self._progress_reported = 0.0
        self._begun = False
        self._warned_of_collapse = False
        self.state = self._restore()
        begun = self.state.epoch or self.state.step
        earlier = earlier_originals(folder, dataset.image_shape) if begun else None
        self.originals = earlier or choose_originals(dataset)
        self._preview_maker = PreviewMaker(self.networks, self.originals, seed=settings.seed)

    def _restore(self) -> TrainingState:
        """Restore the latest checkpoint, or start afresh; an extended session gets a new plan."""
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
        """Train until the plan or a command ends the run.

        Returns:
            The reason: `converged`, `epochs`, `stop` (at the end of an epoch) or `stop_now`.

        Raises:
            DivergedError: the loss is not finite; earlier checkpoints are intact.
            OSError: a file cannot be written.
        """
        self._repair()
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

    def write_initial_preview(self) -> None:
        """Write the preview of epoch 0, shown until the first epoch has ended."""
        if self.state.epoch or self.state.step:
            return
        try:
            write_preview(self._folder, 0, self._preview_maker.make())
        except OSError as error:
            # Only a preview is lost; on a full disk the first epoch fails with a clear message.
            _log.warning("cannot write the preview of epoch 0: %s", error.strerror or error)

    def export_if_stale(self) -> None:
        """Export the current weights, unless the newest export is recent."""
        index = export.read_index(self._folder)
        if index is None or self.state.epoch - index.current.epoch >= export.EVERY_EPOCHS:
            self._export(self.state.epoch, self.state.step)

    def finish(self) -> None:
        """Restore the best weights, evaluate them on the test split, then save and export them.

        Raises:
            SessionDamagedError: the best checkpoint is damaged.
            OSError: a file cannot be written.
        """
        best_epoch = self._restore_best()
        test = self._evaluator.evaluate(self._dataset.test_images, Purpose.TEST_NOISE)
        write_result(
            self._folder,
            networks=self.networks,
            dataset=self._dataset,
            originals=self.originals,
            preview=self._preview_maker.make(),
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

    def _repair(self) -> None:
        """Do what the previous worker left undone, if it died after its latest checkpoint."""
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
        """Train one epoch, or the rest of it; False after a request to stop now."""
        inputs = epoch_inputs(
            self._settings,
            self.state.plan,
            self.state.convergence,
            epoch=self.state.epoch + 1,
            images=self._steps.images,
        )
        while self.state.step < self._steps.steps:
            self._controls.pause_if_requested(self._pause, self._continue)
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
        self._report_progress(inputs)

    def _report_progress(self, inputs: EpochInputs) -> None:
        now = time.monotonic()
        if now - self._progress_reported < _PROGRESS_SECONDS:
            return
        self._progress_reported = now
        self._journal.emit(metrics.progress_event(self.state, inputs, self._steps, self._settings))

    def _end_epoch(self, inputs: EpochInputs) -> None:
        began = time.perf_counter()
        validation = self._evaluator.evaluate(self._dataset.val_images, Purpose.VALIDATION_NOISE)
        val_loss = validation.loss(self._settings.beta, self._settings.free_bits)
        if not math.isfinite(val_loss):
            raise DivergedError(
                f"val_loss was not finite after epoch {inputs.epoch}: "
                "fork it with a smaller learning_rate"
            )
        write_preview(self._folder, inputs.epoch, self._preview_maker.make())
        converged = convergence.after_epoch(
            self.state.convergence,
            self.state.plan,
            epoch=inputs.epoch,
            val_loss=val_loss,
            patience=self._settings.patience,
            min_delta=self._settings.min_delta,
        )
        ended = metrics.epoch_event(
            self.state,
            inputs,
            self._settings,
            images=self._steps.images,
            validation=validation,
            convergence=converged,
            end_seconds=time.perf_counter() - began,
        )
        self.state = self.state.after_epoch(ended, converged)
        self._save()
        # The checkpoint, which holds the event, comes first: a lost event can be emitted again.
        self._journal.emit(ended)
        self._warn_of_collapse(ended.epoch)
        if export.is_due(ended.epoch):
            self._export(ended.epoch)

    def _warn_of_collapse(self, epoch: int) -> None:
        """Warn once if the gaussian likelihood fits the rounding of the pixels."""
        log_sigma = self.networks.log_sigma
        if log_sigma is None or self._warned_of_collapse:
            return
        if text := collapse_warning(float(log_sigma), epoch):
            self._warned_of_collapse = True
            _log.warning("%s", text)
            self._journal.emit(ev.Warned(text=text))

    def _pause(self) -> None:
        self._save()
        self._journal.emit(ev.Paused())

    def _continue(self) -> None:
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
