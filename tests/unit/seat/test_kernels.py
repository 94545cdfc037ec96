"""A server finds the image's kernels, then its owner's, and need not load a kernel for that."""

from __future__ import annotations

from pathlib import Path

from crepre_seat.kernels import OWN, find_kernels
from jupyter_core.paths import jupyter_path
from traitlets import HasTraits, List


class Manager(HasTraits):  # type: ignore[misc]  # traitlets' own types are not strict
    """As much of Jupyter's manager as has the folders."""

    kernel_dirs = List()

    def _kernel_dirs_default(self) -> list[str]:
        raise AssertionError("it would import IPython")


def test_kernels_are_found_where_jupyter_looks_and_at_last_in_the_home(tmp_path: Path) -> None:
    """The folders are Jupyter's own default, which is not asked for, and then the home's."""
    manager = Manager()
    find_kernels(manager, tmp_path, {})
    ipython = str(tmp_path / ".ipython" / "kernels")
    assert manager.kernel_dirs == [*jupyter_path("kernels"), ipython, str(tmp_path / OWN)]


def test_a_folder_of_ipythons_that_is_elsewhere_is_used(tmp_path: Path) -> None:
    """What stands in for IPython's folder in the home does so for its kernels."""
    manager = Manager()
    find_kernels(manager, tmp_path, {"IPYTHONDIR": "/tmp/instead"})
    assert "/tmp/instead/kernels" in manager.kernel_dirs
    assert str(tmp_path / ".ipython" / "kernels") not in manager.kernel_dirs


def test_folders_that_somebody_named_stay(tmp_path: Path) -> None:
    """Where a configuration says where kernels are, the home's come after them, and no others."""
    manager = Manager(kernel_dirs=["/srv/kernels"])
    find_kernels(manager, tmp_path, {})
    assert manager.kernel_dirs == ["/srv/kernels", str(tmp_path / OWN)]
