"""The keys of a screen, each with its name, its help and an id of its own."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True)
class Keys:
    """Makes the bindings of one screen.

    Attributes:
        screen: its name, with which the ids begin.
    """

    screen: str

    def __call__(
        self,
        keys: str,
        action: str,
        name: str,
        tooltip: str,
        *,
        show: bool = False,
        display: str | None = None,
        priority: bool = False,
        group: Binding.Group | None = None,
    ) -> Binding:
        """A binding.

        Args:
            keys: that are bound, separated by commas.
            action: of the screen, or with a prefix of the app.
            name: in the footer and the palette; its id is made of it, so each has one of its own.
            tooltip: what it does, for the help.
            show: whether the footer has it.
            display: what the footer shows instead of the first key.
            priority: whether it comes before the keys of what has the focus.
            group: of keys that stand together.
        """
        return Binding(
            keys,
            action,
            name,
            id=f"{self.screen}.{name.lower().replace(' ', '_')}",
            tooltip=tooltip,
            show=show,
            key_display=display,
            priority=priority,
            group=group,
        )
