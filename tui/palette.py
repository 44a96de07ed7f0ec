"""The command palette offers whatever has a key on the screen below it."""

from __future__ import annotations

from functools import partial

from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider


class KeyCommands(Provider):
    """The keys of the screen, by what they do."""

    async def discover(self) -> Hits:
        """All of them."""
        for active in self._bindings():
            name = _name(active)
            yield DiscoveryHit(name, partial(self._run, active), help=_help(active))

    async def search(self, query: str) -> Hits:
        """Those whose description matches."""
        matcher = self.matcher(query)
        for active in self._bindings():
            name = _name(active)
            if (score := matcher.match(name)) > 0:
                yield Hit(
                    score, matcher.highlight(name), partial(self._run, active), help=_help(active)
                )

    def _bindings(self) -> list[ActiveBinding]:
        # One action may have several keys.
        by_action = {
            active.binding.action: active
            for active in self.screen.active_bindings.values()
            if active.enabled and active.binding.description and not active.binding.system
        }
        return list(by_action.values())

    async def _run(self, active: ActiveBinding) -> None:
        await self.app.run_action(active.binding.action, active.node)


def _name(active: ActiveBinding) -> str:
    return active.tooltip or active.binding.tooltip or active.binding.description


def _help(active: ActiveBinding) -> str:
    return f"key {active.binding.key_display or active.binding.key}"
