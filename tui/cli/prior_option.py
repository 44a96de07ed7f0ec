"""The option `--prior`, and the prior that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.output import say
from tui.cli.progress import reading_progress
from vae_engine.priors.names import PRIOR_NAMES, PriorName

if TYPE_CHECKING:
    from vae_engine.priors.prior import Prior
    from vae_engine.sessions.session import Session

prior_option = click.option(
    "--prior",
    "prior_name",
    type=click.Choice(PRIOR_NAMES),
    default=PRIOR_NAMES[0],
    help=f"N(0, I), or a mixture fitted after training  [default: {PRIOR_NAMES[0]}]",
)


def read_prior(session: Session, name: PriorName) -> Prior:
    """Return a prior of a session, and fit it if that was not done yet.

    Raises:
        SessionError, DatasetError, SessionDamagedError: it cannot be fitted.
    """
    # Imported here: it brings what reads images.
    from vae_engine.priors.session_priors import prior_named

    with reading_progress() as report:
        prior, not_kept = prior_named(session, name, report=report)
    if not_kept:
        say(not_kept, err=True)
    return prior
