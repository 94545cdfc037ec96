"""What a course asks for on top of its images, and the line that a failed build is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.courses.own_failure import find_failure
from crepre_hub.courses.own_files import APT, OWN_FILES, POST_BUILD, REQUIREMENTS, OwnFiles

LOCKED = {"numpy": ["2.4.6", "2.5.5"], "scikit-learn": ["1.7"], "typing-extensions": ["4.15rc1"]}


def of(**texts: str) -> OwnFiles:
    """A course's files: apt, requirements, post."""
    names = {"apt": APT, "requirements": REQUIREMENTS, "post": POST_BUILD}
    return OwnFiles("ml", {names[name]: text for name, text in texts.items()})


@pytest.mark.parametrize(
    "text",
    [
        "tree", "# a comment\n\ntree  # why\n", "libsndfile1\nvim-tiny g++", "tree=2.2.1-1",
        "libc6:amd64", "libstdc++6",
    ],
)  # fmt: skip
def test_debian_packages(text: str) -> None:
    """Names, also with a version or an architecture, in lines as repo2docker takes them."""
    assert of(apt=text).complaints({}) == ()


@pytest.mark.parametrize("word", ["--allow-unauthenticated", "a;b", "Tree", "$(id)", "x", "../x"])
def test_what_is_no_debian_package(word: str) -> None:
    """Nothing but a name reaches apt, which would take options, and a shell more than that."""
    (found,) = of(apt=f"tree\n\n{word}\n").complaints({})
    assert (found.file, found.line) == (APT, 3)
    assert word in found.text


@pytest.mark.parametrize(
    "text",
    [
        "tabulate", "# c\nnumpy\n", "numpy>=2", "numpy==2.5.5", "numpy==2.4.6", "Scikit_Learn<2",
        "typing-extensions>=4", "git+https://example.org/x.git#egg=x", "x @ https://example.org/x.zip",
        "--extra-index-url https://example.org/simple", "tabulate ; python_version > '3'",
        "six==1.17 --hash=sha256:00", "https://example.org/x-1.whl", "ipympl[docs]",
    ],
)  # fmt: skip
def test_requirements(text: str) -> None:
    """Whatever pip takes, as long as the image's own packages stay as they are."""
    assert of(requirements=text).complaints(LOCKED) == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("numpy<2", "asks for numpy<2, and the image has 2.5.5"),
        ("Scikit.learn==1.6", "asks for Scikit.learn==1.6, and the image has 1.7"),
        ("tabulate tree", "is not a requirement"),
        ("tabulate=1", "is not a requirement"),
        ("-r more.txt", "names a file"),
        ("-c=more.txt", "names a file"),
        ("--requirement=more.txt", "names a file"),
        ("-e .", "names a file"),
    ],
)
def test_requirements_that_cannot_be(line: str, words: str) -> None:
    """Seen before anything is built, with the number of the line."""
    (found,) = of(requirements=f"# first\n{line}  # why\n").complaints(LOCKED)
    assert (found.file, found.line) == (REQUIREMENTS, 2)
    assert words in found.text


TEXTS = st.dictionaries(st.sampled_from(OWN_FILES), st.text(max_size=20))


@given(TEXTS, TEXTS)
def test_other_files_have_another_digest(one: dict[str, str], other: dict[str, str]) -> None:
    """Whichever of the files differs; a file that is empty is as good as none."""
    filled = [{name: text for name, text in each.items() if text} for each in (one, other)]
    same = OwnFiles("a", one).digest == OwnFiles("b", other).digest
    assert same == (filled[0] == filled[1])


FILES = of(
    apt="# tools\ntree\n\ncowsayy 'x'\n",
    requirements="tabulate\n\nnunpy\nOld_Thing==1\npyaudio\n",
    post="#!/bin/bash -e\necho hi\nmkdir /x\n",
)


@pytest.mark.parametrize(
    ("step", "said", "line", "words"),
    [
        (APT, ["E: Unable to locate package cowsayy"], 4, "no Debian package 'cowsayy'"),
        (APT, ["E: Package 'tree' has no installation candidate"], 2, "no Debian package 'tree'"),
        (APT, ["E: Package tree has no installation candidate"], 2, "no Debian package 'tree'"),
        (APT, ["E: Version '9' for 'tree' was not found"], 2, "no such version of 'tree'"),
        (
            REQUIREMENTS,
            ["Collecting tabulate", "ERROR: No matching distribution found for nunpy"],
            3,
            "no version of 'nunpy' can be had",
        ),
        (
            REQUIREMENTS,
            [
                "ERROR: Cannot install old-thing==1 because these package versions have",
                "The conflict is caused by:",
                "    old-thing 1 depends on numpy<2",
                "    The user requested (constraint) numpy==2.5.5",
            ],
            4,
            "'old-thing' cannot be had beside what the image holds",
        ),
        (
            REQUIREMENTS,
            ["    The user requested old_thing==1", "    The user requested (constraint) x==2"],
            4,
            "'old_thing' cannot be had",
        ),
        (
            REQUIREMENTS,
            ["ERROR: Failed building wheel for pyaudio", "Failed to build pyaudio"],
            5,
            "'pyaudio' could not be built",
        ),
        (
            REQUIREMENTS,
            ["ERROR: Invalid requirement: 'a b': (from line 7 of /run/own/requirements.txt)"],
            7,
            "is not a requirement",
        ),
        (
            REQUIREMENTS,
            [
                "Collecting tabulate (from -r /run/own/requirements.txt (line 1))",
                "Collecting portaudio (from pyaudio->-r /run/own/requirements.txt (line 5))",
                "  error: subprocess-exited-with-error",
            ],
            5,
            "'portaudio' could not be built",
        ),
        (POST_BUILD, ["crepre: postBuild line 3: mkdir /x"], 3, "failed: mkdir /x"),
        (
            POST_BUILD,
            ["crepre: postBuild line 2: false", "crepre: postBuild line 3: mkdir /x", "bye"],
            3,
            "failed: mkdir /x",
        ),
        (POST_BUILD, ["/run/own/postBuild: line 2: foo: command not found"], 2, "foo: command not"),
        (POST_BUILD, ["/run/own/postBuild: 3: foo: not found"], 3, "failed: foo: not found"),
        (POST_BUILD, ['  File "/run/own/postBuild", line 3, in <module>'], 3, "failed: mkdir /x"),
    ],
)
def test_the_failing_line_is_found(step: str, said: list[str], line: int, words: str) -> None:
    """From what apt, pip, bash, dash and Python say."""
    found = find_failure(step, said, FILES)
    assert found is not None
    assert (found.file, found.line) == (step, line)
    assert words in found.text


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (APT, ["E: Unable to locate package not-asked-for"]),
        (REQUIREMENTS, ["ERROR: No matching distribution found for a-dependency"]),
        (
            REQUIREMENTS,
            ["Collecting tabulate (from -r requirements.txt (line 1))", "OSError: full"],
        ),
        (POST_BUILD, ["killed"]),
        ("WORKDIR /home/student", ["E: Unable to locate package tree"]),
        ("", []),
    ],
)
def test_no_line_is_made_up(step: str, said: list[str]) -> None:
    """A failure that is about no line has none."""
    assert find_failure(step, said, FILES) is None
