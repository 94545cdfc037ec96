"""supervisord's configuration: what is written is what runs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from crepre_hub.ops.processes import Program, render_configuration

HARD = ['say "hi" now', "100%", "%(here)s", "a\\b", "it's", "a;b#c", "ä", "", "x,y=z"]


def read_back(folder: Path, programs: list[Program]) -> Mapping[str, tuple[str, dict[str, str]]]:
    """Command and environment of each program, as supervisord itself reads them."""
    state = folder / "var"
    (state / "log").mkdir(parents=True)
    (state / "supervisord.conf").write_text(render_configuration(state, programs))
    options = ServerOptions()
    options.realize(["-c", str(state / "supervisord.conf")])
    read = [group.process_configs[0] for group in options.process_group_configs]
    return {each.name: (each.command, each.environment) for each in read}


@pytest.mark.parametrize("folder", ["plain", "100% ours", "with 'quotes'"])
def test_a_lab_may_live_in_any_folder(tmp_path: Path, folder: str) -> None:
    """The folder's name is taken as it is."""
    assert list(read_back(tmp_path / folder, [Program("hub", ["/bin/hub"])])) == ["hub"]


@pytest.mark.parametrize("word", HARD)
def test_each_word_of_a_command_stays_one_word(tmp_path: Path, word: str) -> None:
    """Quotes, percent signs and backslashes reach the program as they are."""
    command, _ = read_back(tmp_path, [Program("hub", ["/bin/hub", word, "end"])])["hub"]
    assert shlex.split(command) == ["/bin/hub", word, "end"]


@pytest.mark.parametrize("value", HARD)
def test_each_value_of_the_environment_stays_as_it_is(tmp_path: Path, value: str) -> None:
    """A secret with any character in it is the same secret to the program."""
    program = Program("hub", ["/bin/hub"], {"A": value, "B": "2"})
    _, environment = read_back(tmp_path, [program])["hub"]
    assert {name: environment[name] for name in "AB"} == {"A": value, "B": "2"}
