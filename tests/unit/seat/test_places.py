"""Folders of a home that Jupyter needs, and what stands in for one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from crepre_seat.places import can_hold, is_json, is_json5, sentences, stand_ins

THEME = """\
{
    // Theme
    // @jupyterlab/apputils-extension:themes
    // Theme manager settings.
    // *************************************

    "theme": "JupyterLab Dark"
}
"""


def broken_variables(home: Path) -> set[str]:
    """The variables that name another folder."""
    made = stand_ins(home, {})
    for folder in made.values():
        Path(folder).rmdir()
    return set(made)


@pytest.fixture
def lived_in(tmp_path: Path) -> Path:
    """A home in which JupyterLab was used."""
    settings = tmp_path / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    (settings / "themes.jupyterlab-settings").write_text(THEME)
    workspaces = tmp_path / ".jupyter/lab/workspaces"
    workspaces.mkdir()
    (workspaces / "default-37a8.jupyterlab-workspace").write_text('{"data": {}}')
    return tmp_path


def test_a_new_home_needs_no_stand_in(tmp_path: Path) -> None:
    """What is not there yet can be made."""
    assert broken_variables(tmp_path) == set()
    assert list(sentences(tmp_path)) == []


def test_a_home_in_use_keeps_what_it_has(lived_in: Path) -> None:
    """Theme and open tabs are as they were left."""
    assert broken_variables(lived_in) == set()


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        (".jupyter", {"CONFIG", "LAB_SETTINGS", "LAB_WORKSPACES"}),
        (".jupyter/lab", {"LAB_SETTINGS", "LAB_WORKSPACES"}),
        (".jupyter/lab/workspaces", {"LAB_WORKSPACES"}),
        (".local", {"DATA", "RUNTIME"}),
        (".local/share/jupyter/runtime", {"RUNTIME"}),
    ],
)
def test_a_file_in_place_of_a_folder(tmp_path: Path, file: str, variables: set[str]) -> None:
    """Just what needs the folder has another; the owner reads which file to rename."""
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("a file")
    wanted = {f"JUPYTER_{name}_DIR".replace("_LAB_", "LAB_") for name in variables}
    assert broken_variables(tmp_path) == wanted
    assert f"~/{file}" in "".join(sentences(tmp_path)) or file in (".jupyter/lab", ".local")


@pytest.mark.parametrize("garbage", [b"{", b"\xff\xfe", b"[]", b""])
def test_a_workspace_that_cannot_be_read(lived_in: Path, garbage: bytes) -> None:
    """JupyterLab opens with an empty desk instead of an error."""
    file = lived_in / ".jupyter/lab/workspaces/default-37a8.jupyterlab-workspace"
    file.write_bytes(garbage)
    assert broken_variables(lived_in) == {"JUPYTERLAB_WORKSPACES_DIR"}
    (sentence,) = sentences(lived_in)
    assert file.name in sentence


def test_settings_that_cannot_be_read(lived_in: Path) -> None:
    """JupyterLab opens with its defaults."""
    (file,) = lived_in.rglob("*.jupyterlab-settings")
    file.write_bytes(b"\xff\xfe")
    assert broken_variables(lived_in) == {"JUPYTERLAB_SETTINGS_DIR"}


@pytest.mark.parametrize("text", ["{}", THEME])
def test_settings_as_jupyterlab_writes_them(text: str) -> None:
    """Its comments are well."""
    assert is_json5(text)


def test_a_workspace_is_an_object() -> None:
    """Nothing else."""
    assert is_json('{"data": {}}')
    assert not is_json("[]")


def test_what_the_image_says_already_stays(tmp_path: Path) -> None:
    """A folder outside the home is not replaced."""
    (tmp_path / ".local").touch()
    made = stand_ins(tmp_path, {"JUPYTER_RUNTIME_DIR": "/tmp/jupyter-runtime"})
    assert set(made) == {"JUPYTER_DATA_DIR"}
    Path(made["JUPYTER_DATA_DIR"]).rmdir()


def test_a_link_that_leads_round_holds_nothing(tmp_path: Path) -> None:
    """Neither does one that leads nowhere."""
    (tmp_path / "round").symlink_to(tmp_path / "round")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    assert not can_hold(tmp_path / "round")
    assert not can_hold(tmp_path / "nowhere" / "x")
    assert can_hold(tmp_path / "new" / "folder")
