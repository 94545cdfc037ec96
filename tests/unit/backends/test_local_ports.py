"""Which ports servers on one loopback may have."""

from __future__ import annotations

import pytest

from crepre_hub.backends.local.ports import ports_for_servers


@pytest.mark.parametrize(
    ("kernels", "wanted"),
    [
        (range(32_768, 61_000), range(61_000, 65_536)),  # Linux, as it comes
        (range(32_768, 65_536), range(10_000, 32_768)),
        (range(1_024, 9_000), range(10_000, 65_536)),
        (range(1_024, 65_536), range(10_000, 65_536)),  # it leaves nothing
    ],
)
def test_servers_have_ports_that_the_kernel_does_not_give_away(
    kernels: range, wanted: range
) -> None:
    """Above its range, or below; where it takes all, as good as it goes."""
    assert ports_for_servers(kernels) == wanted
