"""The command `vae`: runs a subcommand, and turns errors into one line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from tui.cli import completion
from tui.cli.options import store_option
from tui.cli.output import flush_or_discard, is_terminal
from tui.cli.screen import app_obstacle, app_options, show_app
from tui.text import encodable
from vae_engine.errors import EngineError, SettingError
from vae_engine.sessions import disk
from vae_engine.sessions.store import SessionStore

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130

# Module and summary of each command. Modules are imported when
# their command is called, so that listing sessions does not wait for what training needs.
COMMANDS = {
    "data": ("data", "Describe a dataset before training, with sample images."),
    "train": ("train", "Train a VAE; the run survives the terminal."),
    "resume": ("train", "Resume a session, optionally for more epochs."),
    "fork": ("train", "Start a session from another's settings, some changed."),
    "attach": ("control", "Follow a running session."),
    "stop": ("control", "Stop a run and keep the trained model."),
    "pause": ("control", "Pause a run."),
    "continue": ("control", "Continue a paused run."),
    "sessions": ("browse", "List the sessions."),
    "show": ("browse", "Show a session's settings, history and results."),
    "sample": ("generate", "Draw samples from a session's prior."),
    "reconstruct": ("generate", "Show test images with their reconstructions."),
    "traverse": ("explore", "Show what each latent dimension does."),
    "path": ("explore", "Show images on a path between two points of latent space."),
    "timelapse": ("timelapse", "Save an animation of a session's images over the epochs."),
    "points": ("explore", "List the named points of latent space."),
    "direction": ("explore", "Show the direction from one group of images to another."),
    "embed": ("generate", "Save latent embeddings (z_mean, z_log_var) of a split."),
    "map": ("latent_map", "Show where the classes lie in latent space."),
    "outliers": ("inspect", "List the images that a session's model explains worst."),
    "encode": ("inspect", "Encode images of your own: z, ELBO, reconstruction."),
    "compare": ("compare", "Show the same images, or the same z, through several models."),
    "rates": ("rates", "Compare what sessions pay in rate for less distortion."),
    "neighbours": ("neighbours", "Find the training images nearest to samples of the prior."),
    "evaluate": ("evaluate", "Evaluate a session's model on the test split."),
    "priors": ("priors", "Compare the standard prior with a mixture fitted later."),
    "report": ("html_report", "Write an HTML page with results, curves, images and settings."),
    "sweep": ("sweep", "Train and compare a grid of settings."),
    "delete": ("discard", "Move sessions to the trash."),
    "restore": ("discard", "Restore sessions from the trash."),
    "trash": ("discard", "List deleted sessions, or delete them permanently."),
    "export": ("transfer", "Export sessions as zip, CSV or TensorBoard runs."),
    "import": ("transfer", "Import a session from a zip file."),
    "serve": ("serve", "Show the app in a browser, also through an ssh tunnel."),
    "doctor": ("doctor", "Check terminal, machine and installation, and say what to do."),
}

# What other tools call these commands.
_OTHER_NAMES = {
    "cancel": "stop",
    "check": "doctor",
    "clone": "fork",
    "describe": "show",
    "draw": "sample",
    "eval": "evaluate",
    "fit": "train",
    "follow": "attach",
    "generate": "sample",
    "gif": "timelapse",
    "info": "show",
    "inspect": "show",
    "interpolate": "path",
    "kill": "stop",
    "knn": "neighbours",
    "list": "sessions",
    "log": "show",
    "logs": "attach",
    "ls": "sessions",
    "new": "train",
    "ps": "sessions",
    "rate-distortion": "rates",
    "rm": "delete",
    "run": "train",
    "start": "train",
    "status": "sessions",
    "test": "evaluate",
    "tsne": "map",
    "undelete": "restore",
    "unpause": "continue",
    "watch": "attach",
    "web": "serve",
    "worst": "outliers",
}

GUIDE = """\
A terminal workbench for variational autoencoders. In a terminal, `vae` opens the app.

  vae train --latent-dim 2   train on MNIST; Ctrl+C detaches, the run continues
  vae sessions               list the sessions
  vae attach latest          follow the newest run
  vae sample latest          draw samples from its prior
  vae --help                 all commands"""


class LazyGroup(click.Group):
    """A group that imports the module of a command when it is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the commands in the order of a session's life."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        commands: dict[str, click.Command] = import_module(f"tui.cli.{module}").COMMANDS
        return commands[cmd_name]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for an unknown name the error suggests one."""
        name = args[0]
        if name in COMMANDS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        near = suggestion(name)
        hint = f" Did you mean '{near}'?" if near else ""
        raise click.UsageError(f"No such command {name!r}.{hint}", ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Suggest commands, without importing them, and options."""
        found = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def suggestion(name: str) -> str | None:
    """Return the command that an unknown name probably means; None if none is near."""
    from difflib import get_close_matches

    known = _OTHER_NAMES.get(name.lower())
    near = [known] if known else get_close_matches(name.lower(), COMMANDS, n=1)
    return next(iter(near), None)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="vae-workbench", prog_name="vae", message="%(prog)s %(version)s")
@store_option
@app_options
@click.pass_context
def cli(context: click.Context, store: SessionStore) -> None:
    """Train, monitor and sample variational autoencoders.

    Without a command, opens the app.
    """
    if context.invoked_subcommand is not None:
        if context.get_parameter_source("store") is ParameterSource.COMMANDLINE:
            raise click.UsageError("--sessions-dir goes after the command")
    elif obstacle := app_obstacle():
        click.echo(GUIDE)
        # Only where a person reads it.
        click.echo(f"\nThe app was not opened, because {obstacle}", err=not is_terminal())
    else:
        show_app(store)


def main() -> None:
    """Run `vae` with the arguments of this process."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the locale cannot encode must not fail the command.
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if instruction := os.environ.get(completion.VARIABLE):
        sys.exit(completion.complete(cli, instruction))
    _ignore_exported_size()
    sys.exit(run(sys.argv[1:]))


def _ignore_exported_size() -> None:
    """Ignore exported `COLUMNS` and `LINES` if the kernel knows the terminal's size."""
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return  # Not a terminal: the variables apply.
    for name, cells in (("COLUMNS", size.columns), ("LINES", size.lines)):
        if cells > 0:
            os.environ.pop(name, None)


def run(arguments: Sequence[str]) -> int:
    """Run `vae` with arguments; returns the exit code."""
    try:
        with cli.make_context("vae", list(arguments)) as context:
            code = _invoke(context)
        _flush(sys.stdout)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        message = error.format_message().rstrip(".")
        colon = "" if message.endswith("?") else ":"
        _complain(f"{message}{colon} `{_help_command(error)}` shows the usage")
        return EXIT_USAGE
    except SettingError as error:
        _complain(str(error))
        return EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return EXIT_INTERRUPTED
    except EngineError as error:  # Raised by an option that is read before the command is known.
        _complain(str(error))
        return EXIT_FAILED
    except OSError as error:
        return _os_exit(error)
    finally:
        for lack in disk.unreported():
            _complain(lack)
    return code


def _invoke(context: click.Context) -> int:
    """Run the command; report an engine error with the command that resolves it."""
    try:
        cli.invoke(context)
    except EngineError as error:
        from tui.cli.remedies import error_text

        _complain(error_text(error))
        return EXIT_USAGE if isinstance(error, SettingError) else EXIT_FAILED
    return EXIT_DONE


def _os_exit(error: OSError) -> int:
    """Return the exit code: 0 for a closed pipe (`vae sessions | head`), 1 for other errors."""
    flush_or_discard(sys.stdout)
    if error.errno == errno.EPIPE:
        return EXIT_DONE
    where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
    _complain(f"{where}{error.strerror or error}")
    return EXIT_FAILED


def _complain(message: str) -> None:
    # Imported here, since only errors need it.
    from tui.cli.output import say

    if os.strerror(errno.ENOENT) in message and (folder := disk.removed_working_directory()):
        message = (
            f"the working directory {encodable(folder)} was removed: "
            f"cd to another, or give full paths ({message})"
        )
    try:
        say(f"vae: {message}", err=True)
    except OSError:
        flush_or_discard(sys.stderr)


def _help_command(error: click.UsageError) -> str:
    return f"{error.ctx.command_path if error.ctx else 'vae'} --help"


def _flush(stream: TextIO | None) -> None:
    if stream is not None:
        stream.flush()
