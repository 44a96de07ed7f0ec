"""Command palette: the keys of the screen below, then the commands of the app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.help.key_groups import EVERYWHERE, MOVE, Key, group_keys

_BY_ITSELF = "Settings"


@dataclass
class _Placed(DiscoveryHit):
    """A command with a fixed position: Textual sorts by score, and collects in any order."""

    place: int = 0

    @property
    def score(self) -> float:
        """Return a higher score for an earlier position."""
        return -float(self.place)


@dataclass(frozen=True)
class _Command:
    heading: str
    name: str
    help: str
    label: str
    run: Callable[[], Any]


class Commands(Provider):
    """Lists the actions of the screen under headings, then the app's settings."""

    async def discover(self) -> Hits:
        """Yield all commands; the first one of a group shows its heading."""
        heading = ""
        for place, command in enumerate(self._commands()):
            title = Content.styled(command.heading + "\n", "$text-accent")
            name = Content(command.name)
            shown = name if command.heading == heading else Content("").join([title, name])
            heading = command.heading
            yield _Placed(shown, command.run, command.name, command.help, place)

    async def search(self, query: str) -> Hits:
        """Yield the commands whose description matches."""
        matcher = self.matcher(query)
        for command in self._commands():
            # Also by the word of the footer: `help` is in no letter of "The keys of this screen".
            score = max(matcher.match(command.name), matcher.match(command.label))
            if score > 0:
                yield Hit(score, matcher.highlight(command.name), command.run, help=command.help)

    def _commands(self) -> Iterator[_Command]:
        bindings = (active for active in self.screen.active_bindings.values() if active.enabled)
        groups = group_keys(bindings, by_action=True)
        groups.pop(MOVE, None)  # Cursor keys make no sense as commands of a list.
        everywhere = groups.pop(EVERYWHERE, [])
        for heading, keys in groups.items():
            yield from (self._of_key(heading, key) for key in keys)
        yield from (self._of_key(EVERYWHERE, key) for key in everywhere)
        for title, text, run, shown in self.app.get_system_commands(self.screen):
            if shown:
                yield _Command(_BY_ITSELF, title, text, title, run)

    def _of_key(self, heading: str, key: Key) -> _Command:
        run = partial(self.app.run_action, key.active.binding.action, key.active.node)
        label = key.active.binding.description
        return _Command(heading, key.description, f"key {key.keys}", label, run)
