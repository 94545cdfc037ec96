"""The GPUs of a lab, put together from its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.gpu.given import Cap
from crepre_hub.probes import gpu_caps
from crepre_hub.settings.gpus import GpuCard, GpusSection
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.reader import Settings
from crepre_hub.wiring import park_of


def test_no_start_waits_for_the_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What keeps shares apart was tried when the GPU was seen, in a thread of its own."""
    tried: list[str] = []

    def why_no_limits(uuid: str, card_bytes: int) -> str:
        tried.append(uuid)
        return ""

    monkeypatch.setattr(gpu_caps, "why_no_limits", why_no_limits)
    card = GpuCard(uuid="GPU-0a", memory="24 GiB", tier="shared")
    section = GpusSection(found_by="list", cards=(card,))
    park = park_of(Settings(tmp_path, Lab(gpus=section), ()))
    (gpu,) = park.look().gpus
    assert tried == ["GPU-0a"]
    assert park.cap(gpu, gpu.memory // 4) is Cap.DRIVER
    assert tried == ["GPU-0a"]
