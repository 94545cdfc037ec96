"""``crepre up``, ``down``, ``status`` and ``user``, as far as they go without a running lab."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Crepre


@pytest.mark.parametrize(
    "words", [["up"], ["up", "--detach"], ["status"], ["down"], ["user", "list"]]
)
def test_without_settings_nothing_is_started(crepre: Crepre, words: list[str]) -> None:
    """The sentence names the command that writes them; exit 2, nothing written."""
    done = crepre(*words)
    assert (done.code, done.files) == (2, frozenset())
    assert "make one with: crepre init" in done.err


def test_broken_settings_start_nothing(crepre: Crepre, lab: Path) -> None:
    """Every mistake at once, exit 2, no process, no file."""
    (lab / "lab.toml").write_text('[lab]\nnmae = "x"\n[servers]\nidle_stop = "1 hour"')
    done = crepre("up", "--detach")
    assert (done.code, done.files) == (2, frozenset())
    assert done.err.splitlines() == [
        "lab.toml: lab/nmae: unknown setting; did you mean 'name'?",
        "lab.toml: servers/idle_stop: 'hour' is not a unit of time; use s, min, h, d, weeks",
    ]


def test_a_taken_port_starts_nothing(
    crepre: Crepre, lab: Path, port: int, listener: socket.socket
) -> None:
    """Where, and how to find who it is; exit 1."""
    done = crepre("up", "--detach")
    assert (done.code, done.files) == (1, frozenset())
    assert f"Something else listens on 127.0.0.1:{port}." in done.err
    assert f"ss -ltnp 'sport = :{port}'" in done.err
    assert listener.fileno() > 0
    assert lab.exists()


def test_the_status_of_a_lab_that_is_down(crepre: Crepre, lab: Path, port: int) -> None:
    """Exit 1, and the line that starts it."""
    done = crepre("status")
    assert (done.code, done.files) == (1, frozenset())
    assert done.out == "The lab is not running. To start it: crepre up --detach\n"
    assert crepre("status", "--json").json == {
        "up": False,
        "url": f"http://127.0.0.1:{port}",
        "programs": [],
    }
    assert lab.exists()


def test_down_may_be_repeated(crepre: Crepre, lab: Path) -> None:
    """Stopping what is stopped is done."""
    done = crepre("down")
    assert (done.code, done.out) == (0, "The lab was not running.\n")
    assert lab.exists()


def test_stopping_servers_needs_the_hub(crepre: Crepre, lab: Path) -> None:
    """What was not done is said; exit 1."""
    done = crepre("down", "--servers")
    assert done.code == 1
    assert "no server was stopped" in done.err
    assert lab.exists()


def test_the_folder_may_be_named_by_a_variable(crepre: Crepre, lab: Path, tmp_path: Path) -> None:
    """``CREPRE_ROOT`` leads to the lab from anywhere."""
    assert crepre("status", CREPRE_ROOT=str(lab)).code == 1
    assert crepre("status", CREPRE_ROOT=str(tmp_path / "elsewhere")).code == 2


LINK = re.compile(r"http://127\.0\.0\.1:\d+/hub/welcome\?code=[\w-]{43}")


def test_the_life_of_an_account(crepre: Crepre, lab: Path) -> None:
    """Added, listed, reset, closed and opened again; each link is another one."""
    added = crepre("user", "add", "ada", "bo", "--json")
    assert added.code == 0
    assert [each["name"] for each in added.json] == ["ada", "bo"]
    reset = crepre("user", "reset", "ada", "--json")
    links = [each["link"] for each in (*added.json, *reset.json)]
    assert all(LINK.fullmatch(link) for link in links)
    assert len(set(links)) == 3
    assert crepre("user", "disable", "bo").code == 0
    assert crepre("user", "list", "--json").json == [
        {"name": "ada", "admin": False, "disabled": False, "kind": "accounts"},
        {"name": "bo", "admin": False, "disabled": True, "kind": "accounts"},
    ]
    assert "closed" in crepre("user", "list").out
    assert crepre("user", "reset", "bo").code == 1
    assert crepre("user", "enable", "bo").code == 0
    assert crepre("user", "reset", "bo").code == 0
    assert lab.exists()


def test_a_link_is_in_one_piece(crepre: Crepre, lab: Path) -> None:
    """It can be copied from a terminal however narrow; a new one as well."""
    for words in (["add", "ada", "bartholomew"], ["reset", "ada"]):
        done = crepre("user", *words, COLUMNS="40")
        assert [LINK.search(line) is not None for line in done.out.splitlines()] == [
            *([True] * (len(words) - 1)),
            False,
        ]
    assert lab.exists()


def test_a_closed_account_is_opened_by_the_line_that_is_told(crepre: Crepre, lab: Path) -> None:
    """The remedy is a command."""
    crepre("user", "add", "ada")
    crepre("user", "disable", "ada")
    told = crepre("user", "reset", "ada").err
    line = told.partition("crepre ")[2].split()
    assert line == ["user", "enable", "ada"]
    assert crepre(*line).code == 0
    assert crepre("user", "reset", "ada").code == 0
    assert lab.exists()


def test_an_admin_is_listed_as_one(crepre: Crepre, lab: Path) -> None:
    """Who may manage the lab is seen at once."""
    assert crepre("user", "add", "root", "--admin").code == 0
    assert crepre("user", "list", "--json").json[0]["admin"] is True
    assert lab.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "ada"], "There is already an account 'ada'."),
        (["add", "Ada "], "There is already an account 'ada'."),
        (["add", "zoë"], "'zoë': This user name cannot be used."),
        (["add", "../ada"], "'../ada': This user name cannot be used."),
        (["reset", "bo"], "There is no account 'bo'."),
        (["disable", "bo"], "There is no account 'bo'."),
        (["enable", "bo"], "There is no account 'bo'."),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    crepre: Crepre, lab: Path, words: list[str], sentence: str
) -> None:
    """Exit 1, and why."""
    crepre("user", "add", "ada")
    done = crepre("user", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(sentence)
    assert lab.exists()


def test_several_accounts_are_made_or_none(crepre: Crepre, lab: Path) -> None:
    """A name that cannot be used in a list of names leaves no half-made class behind."""
    assert crepre("user", "add", "ada", "zoë", "bo").code == 1
    assert crepre("user", "list", "--json").json == []
    assert lab.exists()
