"""What a backend is told of a lease, and what frameworks are told of a share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.gpu.defaults import CONTEXT_BYTES, framework_defaults, mps_defaults
from crepre_hub.gpu.given import Cap, GivenGpu, cap_for, given_in
from crepre_hub.gpu.gpus import Gpu, Tier

GiB = 1024**3
WORD = st.text("abcdef0123456789-GPUMI", min_size=1, max_size=50)
SIZES = st.integers(1, 2**45)
ENDS = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GIVEN = st.builds(
    lambda lease, uuid, sizes, ends, cap: GivenGpu(lease, uuid, min(sizes), max(sizes), ends, cap),
    WORD, WORD, st.tuples(SIZES, SIZES), st.datetimes(timezones=st.just(UTC)), st.sampled_from(Cap),
)  # fmt: skip


@given(GIVEN)
def test_a_label_brings_it_all_back(gpu: GivenGpu) -> None:
    """After a crash a container's label says what the book had said."""
    assert given_in(str(gpu)) == gpu


@given(st.text(max_size=80))
def test_any_text_is_read_without_a_failure(text: str) -> None:
    """A label may have been written by anybody."""
    found = given_in(text)
    assert found is None or given_in(str(found)) == found


@given(GIVEN)
def test_frameworks_get_no_more_than_the_share(gpu: GivenGpu) -> None:
    """What XLA and PyTorch may take leaves room for CUDA's own part of the share."""
    told = framework_defaults(gpu)
    fractions = {float(text) for name, text in told.items() if "FRACTION" in name}
    assert len(fractions) <= 1
    for fraction in fractions - {0.001}:  # the smallest that there is
        assert fraction * gpu.memory <= max(gpu.share - CONTEXT_BYTES, gpu.share / 2)


def test_what_frameworks_are_told_of_six_of_24_gib() -> None:
    """Both of XLA's names, the old and the new one; TensorFlow knows no fraction, only growth."""
    assert framework_defaults(GivenGpu("l", "GPU-1", 6 * GiB, 24 * GiB, ENDS, Cap.COOPERATIVE)) == {
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "XLA_CLIENT_MEM_FRACTION": "0.229",
        "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.229",
        "CREPRE_GPU_FRACTION": "0.229",
    }


@pytest.mark.parametrize(
    ("cap", "names"),
    [
        (Cap.NONE, set()),
        (Cap.DRIVER, {"TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_CLIENT_PREALLOCATE"}),
    ],
)
def test_where_a_share_is_enforced_nothing_is_divided_twice(cap: Cap, names: set[str]) -> None:
    """A whole GPU is its holder's; a card that looks as small as the share needs no fraction."""
    assert set(framework_defaults(GivenGpu("l", "GPU-1", 6 * GiB, 24 * GiB, ENDS, cap))) == names


def test_only_mps_has_its_variables() -> None:
    """Elsewhere they would make CUDA look for a daemon that is not there."""
    for cap in set(Cap) - {Cap.MPS}:
        assert mps_defaults(GivenGpu("l", "GPU-1", 6 * GiB, 24 * GiB, ENDS, cap)) == {}


@pytest.mark.parametrize(
    ("tier", "share", "wanted", "cap"),
    [
        (Tier.EXCLUSIVE, 24, "auto", Cap.NONE),
        (Tier.EXCLUSIVE, 24, "mps", Cap.NONE),
        (Tier.SHARED, 24, "mps", Cap.NONE),
        (Tier.SHARED, 6, "auto", Cap.DRIVER),
        (Tier.SHARED, 6, "mps", Cap.MPS),
        (Tier.SHARED, 6, "cooperative", Cap.COOPERATIVE),
    ],
)
def test_the_hardest_cap_that_there_is(tier: Tier, share: int, wanted: Any, cap: Cap) -> None:
    """A GPU for oneself needs none; the admin's word goes before what the driver could do."""
    gpu = Gpu("GPU-1", "RTX", 24 * GiB, tier)
    assert cap_for(gpu, share * GiB, wanted, {"GPU-1"}) is cap


def test_no_cap_is_called_enforced_that_was_not_seen_to_be() -> None:
    """Where the driver was not seen to limit this GPU, the share is a matter of good manners."""
    gpu = Gpu("GPU-1", "RTX", 24 * GiB, Tier.SHARED)
    assert cap_for(gpu, 6 * GiB, "auto", {"GPU-2"}) is Cap.COOPERATIVE
