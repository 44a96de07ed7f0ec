"""Form for a new session or sweep: presets, settings, expected duration, command line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tui.new_session.costs import Timing
from tui.new_session.dataset_summary import DatasetSummaryLoader
from tui.new_session.draft import Draft, read_draft
from tui.new_session.fields import NAME, choices_of, default_texts, preset_texts, texts_of
from tui.new_session.forecast import known_shape
from tui.new_session.setting_form import SettingForm, describe_field
from tui.new_session.starting import Starter
from tui.new_session.summary import duration_lines, equivalent_command
from tui.new_session.timings import known_images, measured_timings
from tui.presets import PRESETS
from tui.screen import WorkbenchScreen, has_widgets, run_async
from tui.text import one_line
from tui.widgets.images import ImageGrid
from tui.widgets.key_line import KeyLine
from vae_engine.image_shape import ImageShape
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings

# Fields come first: a terminal of 24 lines has room for nothing else.
_HEIGHT_WITH_IMAGES = 32


class NewSessionScreen(WorkbenchScreen):
    """Takes settings and starts a worker; its dashboard then replaces this screen.

    Several values in a field make a sweep, whose screen opens instead.
    """

    CSS_PATH = "screen.tcss"
    TERMS = ("latent_dim", "epoch", "beta", "learning_rate", "seed", "converged", "session")
    AUTO_FOCUS = "#field-latent_dim"
    BINDINGS: ClassVar[list[BindingType]] = [
        # Whatever a function key does, a button or another key does too.
        Binding("ctrl+s", "start", "Start", id="new.start", tooltip="Start training"),
        Binding("ctrl+y", "copy", "Copy command", id="new.copy", tooltip="Copy the command line"),
        # With priority, so that keys typed right afterwards go into the next field.
        Binding("tab,down", "app.focus_next", "Next", id="new.next", show=False, priority=True),
        Binding(
            *("shift+tab,up", "app.focus_previous", "Previous"),
            id="new.previous",
            show=False,
            priority=True,
        ),
        Binding("ctrl+g", "app.glossary", "Words", id="new.words", tooltip="Explain terms"),
        Binding("f1", "app.help", "Help", id="new.help", tooltip="The keys of this screen"),
        Binding("escape", "dismiss", "Back", id="new.leave", tooltip="Go back without starting"),
        Binding("ctrl+r", "reset", "Default", id="new.reset", tooltip="Reset to the default"),
        Binding("ctrl+o", "fold", "Unfold", id="new.fold", tooltip="Show all settings or few"),
        *(
            Binding(
                f"f{at}",
                f"preset({name!r})",
                name,
                id=f"new.preset-{at}",
                tooltip=f"Fill in {name}, like its button",
                show=False,
            )
            for at, name in enumerate(PRESETS, 5)
        ),
    ]

    def __init__(
        self,
        store: SessionStore,
        base: Session | None = None,
        *,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        """Make the form.

        Args:
            store: where the session is created.
            base: the session to fork; its settings stand in the fields.
            texts: what stands in some fields instead.
        """
        super().__init__()
        self._store = store
        self._base = base
        self._texts = texts_of(base.settings) if base else default_texts()
        self._texts.update(texts or {})
        self._timings: Sequence[Timing] | None = None
        self._dataset = DatasetSummaryLoader(self, self._show_dataset)
        self._draft = self._read(self._texts)
        self._starter = Starter(self, store, base, self._show_draft)

    def compose(self) -> ComposeResult:
        """Compose header, presets and fields, with duration and command line below."""
        yield Static(id="new-head")
        with Horizontal(id="presets"):
            for at, name in enumerate(PRESETS, 5):
                yield Button(f"F{at} {name}", compact=True, name=name, classes="preset")
        yield SettingForm(self._texts, id="new-form")
        with Vertical(id="new-foot"):
            yield ImageGrid(id="dataset-images")
            yield Static(id="field-help")
            yield Static(id="new-duration")
            yield Static(id="new-command")
            with Horizontal(id="new-buttons"):
                yield Button("Start training", compact=True, id="start", variant="primary")
                yield Button("Copy the command", compact=True, id="copy")
        yield KeyLine()

    def on_mount(self) -> None:
        """Read the timings of earlier sessions, and summarise the dataset."""
        self._show_draft()
        self._dataset.follow(self._draft)
        run_async(self, self._measure)

    def on_unmount(self) -> None:
        """Stop reading the dataset."""
        self._dataset.end()

    def action_preset(self, name: str) -> None:
        """Fill in a preset, except for the name."""
        form = self.query_one(SettingForm)
        form.fill({**preset_texts(name), NAME: form.texts[NAME]})

    def action_copy(self) -> None:
        """Copy the command line, through the terminal."""
        if command := self._command():
            self.workbench.copy_line(command)

    def action_start(self) -> None:
        """Start training if all fields are valid."""
        if self._draft.problems and not self._starter.busy:
            wrong = next(iter(self._draft.problems))
            self.query_one(SettingForm).enter(wrong)
            self.notify(f"{wrong}: {self._draft.problems[wrong]}", severity="error", markup=False)
        else:
            self._starter.start(self._draft, self._command())

    def action_reset(self) -> None:
        """Reset the focused field to its default."""
        form = self.query_one(SettingForm)
        if form.field:
            form.reset(form.field)

    def action_fold(self) -> None:
        """Unfold or fold all groups of settings."""
        self.query_one(SettingForm).fold_all()

    @on(Button.Pressed, "#start")
    def _start_pressed(self) -> None:
        self.action_start()

    @on(Button.Pressed, "#copy")
    def _copy_pressed(self) -> None:
        self.action_copy()

    @on(SettingForm.ChoiceWanted)
    def _choose(self, message: SettingForm.ChoiceWanted) -> None:
        from tui.choice_list import ChoiceScreen

        name = message.field
        form = self.query_one(SettingForm)
        entries = self.workbench.entries or ()
        earlier = [entry.settings.dataset for entry in entries if entry.settings]
        hint = "Type a path into the field." if name == "dataset" else ""
        values = choices_of(name, earlier)

        def take(value: str | None) -> None:
            if value is not None:
                form.fill({name: value})
                self.focus_next()

        self.app.push_screen(ChoiceScreen(name, values, form.texts[name].strip(), hint), take)

    @on(Button.Pressed, ".preset")
    def _take_preset(self, event: Button.Pressed) -> None:
        self.action_preset(event.button.name or "")

    @on(SettingForm.Changed)
    def _take_texts(self, message: SettingForm.Changed) -> None:
        self._draft = self._read(message.texts)
        self._dataset.follow(self._draft)
        self._show_draft()

    @on(SettingForm.Entered)
    def _explain(self, message: SettingForm.Entered) -> None:
        self._describe(message.field)

    def _describe(self, name: str) -> None:
        summary = self._dataset.summary.lines if name == "dataset" else ""
        self.query_one("#field-help", Static).update(Content(summary or describe_field(name)))
        images = self._dataset.summary.images if name == "dataset" else None
        grid = self.query_one("#dataset-images", ImageGrid)
        grid.display = images is not None and self.size.height >= _HEIGHT_WITH_IMAGES
        if images is not None:
            grid.show(images)

    def _show_dataset(self) -> None:
        """Show the summary of the dataset, and what follows from it."""
        if not has_widgets(self):
            return
        form = self.query_one(SettingForm)
        self._draft = self._read(form.texts)
        self._show_draft()
        if form.field == "dataset":
            self._describe("dataset")

    def _read(self, texts: Mapping[str, str]) -> Draft:
        images = known_images(self._timings or ())
        images.update(self._dataset.images)
        return read_draft(texts, images, self._shape_of, fork=self._base is not None)

    def _shape_of(self, settings: Settings) -> ImageShape:
        sizes = self._dataset.sizes_of(settings)
        return sizes.shape if sizes is not None else known_shape(settings, self._timings or ())

    async def _measure(self) -> None:
        entries = self.workbench.entries or ()
        self._timings = await asyncio.to_thread(measured_timings, entries)
        if has_widgets(self):
            self._draft = self._read(self.query_one(SettingForm).texts)
        self._show_draft()

    def _show_draft(self) -> None:
        if not has_widgets(self):
            return
        dataset = self._dataset.summary
        form = self.query_one(SettingForm)
        form.mark(self._draft, dataset.short, unusable=dataset.has_problem)
        self.query_one("#new-head", Static).update(Content(self._title()))
        self.query_one("#new-duration", Static).update(Content(self._duration()))
        command = self._command() or "not yet: the marked settings are out of range"
        self.query_one("#new-command", Static).update(
            Content.assemble(("$ ", "$text-muted"), command)
        )

    def _title(self) -> str:
        if self._draft.sweep is not None:
            return "new sweep"
        return f"fork of {one_line(self._base.label.name)}" if self._base else "new session"

    def _duration(self) -> str:
        if self._starter.busy:
            sweep = self._draft.sweep is not None
            return "Starting the coordinator ..." if sweep else "Starting the worker ..."
        return duration_lines(self._draft, self._timings, self._dataset.sizes_of)

    def _command(self) -> str:
        """Return the equivalent command line; empty if a field is invalid."""
        return equivalent_command(self._draft, self._store.root, self._base)
