"""The shape of the code: who may know whom, how long a module may be, what has no clock."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

import crepre_hub

SRC = Path(crepre_hub.__file__).parent
PACKAGE = "crepre_hub"

LAYERS = (
    {
        "codes",
        "errors",
        "secret",
        "findings",
        "decisions",
        "clock",
        "units",
        "names",
        "forms",
        "sentences",
    },
    {"courses", "gpu", "profiles", "usage"},
    {"settings"},
    {"store", "backends", "login", "ops", "doctor", "probes", "sheets", "languages"},
    {"desk"},
    {"wiring"},
    {"hub", "web", "cli"},
)
"""From the floor to the edges; imports point downwards or stay within a layer."""

APART = LAYERS[-1]
"""Edges meet in ``wiring`` and never know each other."""

PURE = {
    "courses", "gpu", "profiles", "usage", "units", "names", "forms", "decisions", "findings",
    "sentences",
}  # fmt: skip
FORBIDDEN_IN_PURE = {
    "asyncio", "datetime.now", "docker", "io", "jupyterhub", "os", "pathlib", "random", "requests",
    "secrets", "socket", "sqlalchemy", "subprocess", "sys", "tempfile", "threading", "time",
    "urllib", "uuid",
}  # fmt: skip

OUTSIDE = {
    "docker": {"backends"},
    "dockerspawner": {"backends"},
    "jupyterhub": {"backends", "login", "hub"},
    "sqlalchemy": {"store", "doctor", "hub", "login"},
    "alembic": {"store", "doctor"},
    "supervisor": {"ops"},
    "typer": {"cli"},
    "rich": {"cli"},
    "argon2": {"login"},
    "zxcvbn": {"login"},
    "cyclonedx": {"ops"},
    "packageurl": {"ops"},
    "oauthenticator": {"login"},
    "ltiauthenticator": {"login"},
    "ldapauthenticator": {"login"},
    "ldap3": {"login"},
    "jwt": {"login"},
    "babel": {"languages"},
    "pynvml": {"probes"},
}
"""Each outside library is known to few; the others meet it behind an adapter."""

LONGEST = 400
LONG_FOR_A_REASON: dict[str, str] = {}
SHAPELESS = {"utils", "helpers", "common", "manager", "base"}


@dataclass(frozen=True)
class Module:
    """One file below ``src/crepre_hub``, taken apart once for all tests."""

    path: Path

    @cached_property
    def name(self) -> str:
        """Such as ``cli/app.py``."""
        return self.path.relative_to(SRC).as_posix()

    @cached_property
    def part(self) -> str:
        """The folder or module at the top: ``cli``."""
        return self.path.relative_to(SRC).parts[0].removesuffix(".py")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.path.read_text())

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All that its syntax consists of."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Every module it imports, wherever the import stands, in full words."""
        return tuple(self._imports())

    def _imports(self) -> Iterator[str]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                start = self._start_of(node)
                yield from (f"{start}.{alias.name}" for alias in node.names)

    def _start_of(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = [PACKAGE, *self.path.relative_to(SRC).parts][: -node.level]
        return ".".join([*here, *([node.module] if node.module else [])])


MODULES = [Module(path) for path in sorted(SRC.rglob("*.py"))]
OURS = [module for module in MODULES if module.part != "__init__"]


def level_of(part: str) -> int:
    """How high the layer of *part* is."""
    return next(number for number, layer in enumerate(LAYERS) if part in layer)


def inner_parts(module: Module) -> Iterator[str]:
    """The parts of crepre-hub that *module* imports from."""
    for name in module.imports:
        words = name.split(".")
        if words[0] == PACKAGE and len(words) > 1 and not words[1].startswith("__"):
            yield words[1]


def called_in(module: Module) -> set[str]:
    """The bare names of all that *module* calls."""
    calls = (node.func for node in module.nodes if isinstance(node, ast.Call))
    return {
        func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls
    }


def wrong_in(node: ast.AST, *, is_edge: bool) -> str:
    """What is wrong at *node*; empty if nothing is. Only the *edge* may end the process."""
    if isinstance(node, ast.ExceptHandler) and (
        node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"}
    ):
        ignored = all(isinstance(each, ast.Continue | ast.Pass) for each in node.body)
        return "hides a failure" if ignored else ""
    if not isinstance(node, ast.Call):
        return ""
    if getattr(node.func, "id", "") in {"exec", "eval"}:
        return "runs text"
    is_exit = isinstance(node.func, ast.Attribute) and node.func.attr == "exit"
    is_of_sys = is_exit and getattr(node.func.value, "id", "") == "sys"
    return "ends the process" if is_of_sys and not is_edge else ""


def test_there_is_something_to_look_at() -> None:
    """The laws below are not kept by an empty list."""
    assert len(OURS) > 50
    assert {"cli", "hub", "settings", "courses"} <= {module.part for module in OURS}


def test_imports_point_downwards() -> None:
    """No module knows a layer above its own, be the import at its top or in a function."""
    assert not [
        f"{module.name} imports {part}"
        for module in OURS
        for part in inner_parts(module)
        if level_of(part) > level_of(module.part)
    ]


def test_edges_do_not_know_each_other() -> None:
    """The hub, the web pages and the command line can each be replaced."""
    assert not [
        f"{module.name} imports {part}"
        for module in OURS
        for part in inner_parts(module)
        if module.part in APART and part in APART - {module.part}
    ]


def test_outside_libraries_stay_in_their_adapters() -> None:
    """Rules and settings never learn that JupyterHub, Docker or SQLAlchemy exist."""
    everyone = {module.part for module in OURS}
    allowed = {**OUTSIDE, "sqlalchemy": OUTSIDE["sqlalchemy"] | {"wiring"}}
    assert not [
        f"{module.name} imports {name}"
        for module in OURS
        for name in module.imports
        if module.part not in allowed.get(name.split(".")[0], everyone)
    ]


def test_rules_have_no_clock_and_touch_nothing() -> None:
    """Time, chance and files come in by the door."""
    pure = [module for module in OURS if module.part in PURE]
    assert not [
        f"{module.name} imports {name}"
        for module in pure
        for name in module.imports
        if name.split(".")[0] in FORBIDDEN_IN_PURE
        and not name.startswith("urllib.parse")  # which takes addresses apart, and opens none
    ]
    forbidden = {"now", "utcnow", "today", "utc_now", "open", "print", "input"}
    assert not [
        f"{module.name} calls {name}" for module in pure for name in called_in(module) & forbidden
    ]


def test_only_one_place_asks_what_time_it_is() -> None:
    """``datetime.now`` stands in ``clock.py`` alone."""
    asking = [
        module.name
        for module in OURS
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]
    assert asking == ["clock.py"]


def test_no_module_is_too_long() -> None:
    """More than 400 lines want a reason."""
    lengths = {module.name: len(module.path.read_text().splitlines()) for module in MODULES}
    too_long = {name for name, length in lengths.items() if length > LONGEST}
    assert too_long == LONG_FOR_A_REASON.keys()


def test_no_name_says_nothing() -> None:
    """A newcomer finds things by their names."""
    names = {
        part for path in SRC.rglob("*") for part in path.relative_to(SRC).with_suffix("").parts
    }
    classes = {
        node.name.lower()
        for module in MODULES
        for node in module.nodes
        if isinstance(node, ast.ClassDef)
    }
    assert not names & SHAPELESS
    assert not [name for name in classes if name.endswith(("manager", "helper", "utils"))]


def test_every_module_says_what_it_is() -> None:
    """A docstring opens each file that has any code."""
    assert not [
        module.name for module in MODULES if module.tree.body and not ast.get_docstring(module.tree)
    ]


def test_no_module_hides_a_failure_or_runs_text() -> None:
    """No ``except Exception: continue``, no ``exec``, no ``sys.exit`` below the command line."""
    assert not [
        f"{module.name}:{node.lineno} {what}"
        for module in MODULES
        for node in module.nodes
        if (what := wrong_in(node, is_edge=module.part == "cli"))
    ]


def test_the_configuration_is_a_table_of_contents() -> None:
    """Under 30 lines, the escape hatch last."""
    file = SRC.parents[1] / "jupyterhub_config.py"
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) < 30
    assert "config.d" in lines[-2]


def test_every_module_can_be_imported_behind_closed_doors() -> None:
    """Importing connects to nothing and starts nothing."""
    names = [each.name for each in pkgutil.walk_packages([str(SRC)], f"{PACKAGE}.")]
    skipped = {f"{PACKAGE}.store.migrations.env"}  # only Alembic can run it
    for name in names:
        if name not in skipped and not name.endswith("__main__"):
            importlib.import_module(name)
    assert f"{PACKAGE}.wiring" in sys.modules


def test_the_law_itself_finds_a_breach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative imports and those within functions count."""
    folder = tmp_path / "courses"
    folder.mkdir()
    file = folder / "bad.py"
    file.write_text("def f():\n    from ..hub import app\n    from . import course\n")
    monkeypatch.setattr(sys.modules[__name__], "SRC", tmp_path)
    assert list(inner_parts(Module(file))) == ["hub", "courses"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("try:\n    f()\nexcept Exception:\n    pass", "hides a failure"),
        ("try:\n    f()\nexcept:\n    pass", "hides a failure"),
        ("exec('f()')", "runs text"),
        ("import sys\nsys.exit(1)", "ends the process"),
        ("try:\n    f()\nexcept ValueError:\n    pass", ""),
    ],
)
def test_what_is_wrong_is_found(text: str, found: str) -> None:
    """Each breach is told in its words, and what is none is let be."""
    told = {wrong_in(node, is_edge=False) for node in ast.walk(ast.parse(text))}
    assert "".join(told) == found
