from __future__ import annotations

from pathlib import Path

import pytest

from tui.preferences import Preferences, preferences_file, read_preferences, write_preferences


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    assert read_preferences(tmp_path / "none.json") == (Preferences(), "")


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "preferences.json"
    chosen = Preferences(
        theme="nord", sort="loss", mouse=False, colors="256", chart_log=True, glyphs="octant"
    )
    write_preferences(path, chosen)
    assert read_preferences(path) == (chosen, "")


@pytest.mark.parametrize(
    "content", ["", "{", '{"glyphs": "round"}', '{"chart_smoothing": 1.0}', "[]", '{"sort": 3}']
)
def test_a_damaged_file_gives_the_defaults_and_a_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "preferences.json"
    path.write_text(content)
    found, problem = read_preferences(path)
    assert found == Preferences()
    assert problem.startswith("preferences.json is damaged")
    assert problem.endswith("defaults are used")


def test_a_field_of_another_version_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    path.write_text('{"theme": "nord", "of_tomorrow": 1}')
    assert read_preferences(path) == (Preferences(theme="nord"), "")


def test_the_file_lies_where_xdg_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert preferences_file() == tmp_path / "config/vae-workbench/preferences.json"
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", ignored)
        assert preferences_file() == tmp_path / "home/.config/vae-workbench/preferences.json"
