"""PyTorch's part of a shared GPU."""

from __future__ import annotations

import pytest
from crepre_seat.gpu_share import SHARE, share_of_torch

from crepre_hub.gpu.defaults import SHARE_VARIABLE

CONF = "PYTORCH_CUDA_ALLOC_CONF"


@pytest.mark.parametrize(
    ("environment", "torch", "added"),
    [
        ({}, "2.10.0", {}),
        ({SHARE: "0.229"}, "", {}),
        ({SHARE: "0.229"}, "2.9.1", {}),
        ({SHARE: "0.229"}, "2.10.0+cu128", {CONF: "per_process_memory_fraction:0.229"}),
        ({SHARE: "0.229"}, "3.0.0", {CONF: "per_process_memory_fraction:0.229"}),
        (
            {SHARE: "0.229", CONF: "expandable_segments:True"},
            "2.10.0",
            {CONF: "expandable_segments:True,per_process_memory_fraction:0.229"},
        ),
        ({SHARE: "0.229", CONF: "per_process_memory_fraction:0.1"}, "2.10.0", {}),
        ({SHARE: "0.229", "PYTORCH_ALLOC_CONF": "backend:native"}, "2.10.0", {}),
    ],
)
def test_torch_is_told_its_share(
    environment: dict[str, str], torch: str, added: dict[str, str]
) -> None:
    """Only where there is one, only a version that understands it, and never over what was said."""
    assert share_of_torch(environment, torch) == added


def test_a_seat_without_torch_is_told_nothing() -> None:
    """These tests run without PyTorch, as servers on a CPU do."""
    assert share_of_torch({SHARE: "0.229"}) == {}


def test_hub_and_seat_mean_the_same_variable() -> None:
    """One is set by the hub, one is read in the image."""
    assert SHARE == SHARE_VARIABLE
