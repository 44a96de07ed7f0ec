"""Pages of the dashboard on a terminal that cannot show all its parts at once."""

from __future__ import annotations

from textual.geometry import Size

from tui.dashboard.body import DashboardBody
from tui.dashboard.layout import PAGES
from tui.dashboard.log_view import LogView
from tui.screen import WorkbenchScreen
from tui.widgets.key_line import KeyLine
from tui.widgets.page_tabs import PageTabs


class Pages:
    """Shows all parts of a dashboard, or one page and its tabs.

    Attributes:
        paged: whether one page is shown, as at first.
    """

    def __init__(self, screen: WorkbenchScreen) -> None:
        """Make the pages of a screen that has a body, tabs and a line of keys."""
        self.paged = False
        self._screen = screen
        self._page = next(iter(PAGES))
        self._laid_out: tuple[Size, str] | None = None

    def lay_out(self) -> None:
        """Switch between all parts and one page, as the size of the terminal demands."""
        screen, size = self._screen, self._screen.app.size
        if self._laid_out == (size, self._page):
            return
        self._laid_out = size, self._page
        whole = screen.query_one(DashboardBody).lay_out(size, self._page)
        self.paged = not whole
        screen.query_one(KeyLine).compact = not whole
        tabs = screen.query_one(PageTabs)
        tabs.display = not whole
        tabs.show(list(PAGES).index(self._page))

    def open(self, page: str) -> None:
        """Show a page, unless all parts are shown; the log gets the scrolling keys."""
        self._page = page
        self.lay_out()
        if self.paged:
            self._screen.set_focus(self._screen.query_one(LogView) if page == "log" else None)

    def show(self, page: str) -> None:
        """Bring a part into view."""
        if self.paged and self._page != page:
            self.open(page)

    def turn(self, by: int) -> None:
        """Show the next page; if all parts are shown, focus the next scrollable one."""
        if self.paged:
            pages = list(PAGES)
            self.open(pages[(pages.index(self._page) + by) % len(pages)])
        elif by > 0:
            self._screen.focus_next()
        else:
            self._screen.focus_previous()
