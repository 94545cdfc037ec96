"""Course files that are edited while the lab runs."""

from __future__ import annotations

import re

from tests.labs.fixtures import People
from tests.labs.lab import COURSE, Lab


async def test_a_good_edit_counts_at_once(local_lab: Lab, person: People) -> None:
    """A profile that a teacher adds is on the start page without a restart, and so is its end."""
    file = local_lab.root / "courses" / "ml.toml"
    tess = await person(local_lab, "tessa")
    file.write_text(COURSE + '\n[profiles.huge]\ntitle = "Huge notebook"\n')
    page, _ = await tess.page("/hub/spawn")
    assert "Huge notebook" in page
    file.write_text(COURSE)
    page, _ = await tess.page("/hub/spawn")
    assert "Huge notebook" not in page


async def test_a_broken_edit_keeps_the_last_good_version(local_lab: Lab, person: People) -> None:
    """The start page goes on as before; admin page, log and doctor say what is wrong and where."""
    file = local_lab.root / "courses" / "ml.toml"
    told = "courses/ml.toml: profiles/small/memroy: unknown setting; did you mean 'memory'?"
    try:
        file.write_text(COURSE.replace('memory = "1 GiB"', 'memroy = "1 GiB"'))
        chief = await person(local_lab, "chief", admin=True)
        pupil = await person(local_lab, "pupil")
        page, _ = await pupil.page("/hub/spawn")
        assert "Small notebook" in page
        assert "memroy" not in page
        page, _ = await chief.page("/hub/admin")
        assert "memroy" in page
        await local_lab.until_logged(re.escape(told))
        assert "memroy" in local_lab.crepre("doctor", ok=False)
        local_lab.until_hub_is_back(local_lab.kill("hub"))
        page, _ = await pupil.page("/hub/spawn")
        assert "Small notebook" in page, "the hub that comes back has the last good version too"
    finally:
        file.write_text(COURSE)
