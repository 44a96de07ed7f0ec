"""Texts on runs, shared by commands that follow one."""

from __future__ import annotations

import time

from tui.cli.options import command_for
from tui.text import REASONS, attempt_text, duration_text, encodable
from vae_engine.defaults import few_steps_note, suited_changes
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.progress import SessionLog
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS, Settings, changed_settings

STARTING = "starting: importing TensorFlow"

# Always printed; other settings only if they differ from the default.
_ALWAYS_PRINTED = ("dataset", "latent_dim", "epochs", "min_epochs", "seed")


def head(session: Session) -> str:
    """Return one line with the session and its main settings."""
    changed = changed_settings(session.settings)
    shown = [
        f"{name} {setting.format(getattr(session.settings, name))}"
        for name, setting in SETTINGS.items()
        if name in changed or name in _ALWAYS_PRINTED
    ]
    return f"session {session.id} ({session.label.name}): {', '.join(shown)}"


def suited(asked: Settings, settings: Settings) -> str:
    """Return one line with the defaults changed for a short run or small data; empty if none."""
    changes = suited_changes(asked, settings)
    # These differ whatever the data: an absolute path, a counted number of threads.
    for recorded in ("dataset", "threads", "batch_parts", "kernels"):
        changes.pop(recorded, None)
    if not changes:
        return ""
    shown = ", ".join(f"{SETTINGS[name].option} {text}" for name, text in changes.items())
    return f"defaults for this run: {shown}"


def epoch_line(epoch: ev.EpochEnded, log: SessionLog) -> str:
    """Format a finished epoch in one line of about 80 columns; losses in nats per image."""
    total = max(log.epochs, epoch.epoch)
    best = " *" if log.best is not None and log.best.epoch == epoch.epoch else ""
    return (
        f"epoch {epoch.epoch:>{len(str(total))}}/{total}"
        f"  loss {epoch.loss:.2f} (rec {epoch.reconstruction_loss:.2f} kl {epoch.kl_loss:.2f})"
        f"  val_loss {epoch.val_loss:.2f}"
        f"  {epoch.images_per_second:.0f}/s {duration_text(epoch.duration)}{best}"
    )


def note(event: ev.AnyEvent, session: Session) -> str | None:
    """Return one line for an event between epochs; None for events without news."""
    match event:
        case ev.RunStarted():
            return STARTING
        case ev.Prepared():
            return _prepared(event)
        case ev.Paused():
            return _paused(session)
        case ev.Continued():
            return "training continues"
        case ev.Stopping():
            return stopping(event, session.log)
        case ev.CommandIgnored():
            return f"command {event.command} ignored: {event.why}"
        case ev.Warned():
            return event.text
        case ev.Finishing():
            return _finishing(event.reason)
    return None


def state(session: Session) -> str | None:
    """Describe in one line what a session is doing other than training."""
    log = session.log
    if log.finishing:
        return _finishing(log.finishing)
    if log.phase == "starting":
        return STARTING
    return _paused(session) if log.phase == "paused" else None


def stopping(event: ev.Stopping, log: SessionLog) -> str:
    """Describe when a pending stop takes effect."""
    return "stopping at once" if event.now else f"stopping at the end of epoch {log.epoch + 1}"


def silent(since: float) -> str:
    """Describe for how long a running worker has not updated its heartbeat."""
    clock = time.strftime("%H:%M:%S", time.localtime(since))
    return f"the worker has not responded since {clock}: it was suspended, or a disk hangs"


def outcome(session: Session, status: Status) -> str:
    """Describe a run that ended normally in one line: reason, test loss, folder."""
    log = session.log
    why = REASONS.get(log.stop_reason, log.stop_reason)
    epochs = "1 epoch" if log.epoch == 1 else f"{log.epoch} epochs"
    text = f"{status} after {epochs} in {duration_text(log.duration)} ({why})"
    result = session.result()
    # After an immediate stop, the result is that of an earlier run, if there is one.
    if result is not None and log.stop_reason != "stop_now":
        text += f": test_loss {result.test_loss:.2f}, best epoch {result.best_epoch}"
    return f"{text}; {encodable(str(session.folder))}"


def failure(session: Session, status: Status) -> str:
    """Describe a run that failed or was interrupted in one line: reason, and what to do."""
    log = session.log
    text = f"session {session.id} {'was ' if status == 'interrupted' else ''}{status}"
    if status == "diverged":
        again = command_for("fork", session.id)
        return f"{text}: {log.stop_reason} (`{again} --learning-rate X`)"
    if status == "failed":
        return f"{text}: {log.stop_reason or 'no reason given'}; see {session.folder / layout.LOG}"
    why = log.stop_reason or f"its worker exited unexpectedly ({session.crash_message()})"
    again = command_for("resume", session.id)
    return f"{text} after epoch {log.epoch}: {why}; `{again}` continues from there"


def attempted(session: Session) -> str | None:
    """Return one line about a latest run that ended before it trained; None if there is none."""
    attempt = session.log.attempt
    if attempt is None:
        return None
    words = session.crash_message() if attempt.status is None else ""
    return attempt_text(attempt, words)


def detached(session: Session) -> list[str]:
    """Return the lines printed after detaching."""
    return [
        f"detached; session {session.id} continues",
        f"  to follow it: {command_for('attach', session.id)}",
        f"  to stop it:   {command_for('stop', session.id)}",
    ]


def _paused(session: Session) -> str:
    return f"paused: `{command_for('continue', session.id)}` continues"


def _finishing(reason: str) -> str:
    return f"{REASONS.get(reason, reason)}: evaluating and exporting"


def few_steps(session: Session) -> str:
    """Return a warning if a run has too few steps to learn from, else empty."""
    log = session.log
    if log.prepared is None:
        return ""
    images = log.prepared.dataset.get("train_images")
    found = few_steps_note(session.settings, images, log.epochs)
    return f"few steps: {found}" if found else ""


def _prepared(event: ev.Prepared) -> str:
    data = event.dataset
    start = ""
    if event.epoch or event.step:
        start = f" from epoch {event.epoch + 1}, step {event.step}"
    return (
        f"training{start} on {data.get('name', '?')} ({data.get('source', '?')}): "
        f"{_count(data, 'train_images')} + {_count(data, 'val_images')} images, "
        f"{event.parameters:,} parameters, {event.environment.get('device', '?')}"
    )


def _count(data: dict[str, str | int], name: str) -> str:
    count = data.get(name)
    return f"{count:,}" if isinstance(count, int) else "?"
