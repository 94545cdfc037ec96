"""``[gpus]`` in ``lab.toml`` and in course files, and the mistakes that can be made there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crepre_hub.courses.course import Course
from crepre_hub.gpu.gpus import Gpu, Tier
from crepre_hub.gpu.rules import MINUTE, Rules
from crepre_hub.gpu.watchdog import Patience
from crepre_hub.settings.gpu_problems import (
    card_problems,
    intervals_of,
    missing_gpus,
    room_problems,
    share_problems,
)
from crepre_hub.settings.gpus import GpusSection
from crepre_hub.settings.reader import SettingsProblems, read_course, read_lab

GiB = 1024**3
OSLO = ZoneInfo("Europe/Oslo")
BEFORE = datetime(2026, 8, 1, tzinfo=UTC)
CARDS = (
    Gpu("GPU-aaaa", "NVIDIA RTX 4090", 24 * GiB, Tier.SHARED),
    Gpu("GPU-bbbb", "NVIDIA RTX 4090", 24 * GiB, Tier.EXCLUSIVE),
)
LESSON = """
[[gpus.reservations]]
profile = "gpu"
seats = {seats}
day = {day}
starts = "{starts}"
ends = "12:00"
"""


def section(tmp_path: Path, lines: str) -> GpusSection:
    """``[gpus]`` with *lines*."""
    (tmp_path / "lab.toml").write_text(f"[gpus]\n{lines}")
    return read_lab(tmp_path / "lab.toml").gpus


@pytest.mark.parametrize(
    ("lines", "patience"),
    [
        ("", Patience()),
        (
            'watchdog_grace = "10 min"\n',
            Patience(after_notice=10 * MINUTE, after_restart=10 * MINUTE),
        ),
        ('watchdog = "report"\n', Patience(acts=False)),
    ],
)
def test_patience(tmp_path: Path, lines: str, patience: Patience) -> None:
    """The project's numbers, unless the lab says otherwise."""
    assert section(tmp_path, lines).patience() == patience


def course(
    tmp_path: Path, *lessons: str, gpu: str = "6 GiB", name: str = "ml", more: str = ""
) -> Course:
    """A course with a GPU profile, one without, and *lessons*."""
    text = (
        f'title = "ML"\n[profiles.gpu]\ntitle = "GPU"\ngpu = "{gpu}"\n'
        f'[profiles.cpu]\ntitle = "CPU"\n{more}{"".join(lessons)}'
    )
    (tmp_path / f"{name}.toml").write_text(text)
    return read_course(tmp_path / f"{name}.toml", images=["course-cpu"])


def lesson(seats: int = 1, day: str = "2026-09-01", starts: str = "10:15", until: str = "") -> str:
    """A reservation in a course file."""
    return LESSON.format(seats=seats, day=day, starts=starts) + (until and f"until = {until}\n")


def test_a_lab_that_says_nothing_has_the_projects_numbers() -> None:
    """What ``lab.toml`` leaves out is what the rules say themselves."""
    assert GpusSection().rules(UTC) == Rules()


def test_each_number_reaches_the_rules(tmp_path: Path) -> None:
    """What an admin writes is what the book goes by."""
    lines = 'packing = "spread"\nclaim_window = "1 min"\nidle = "9 min"\nno_show = "5 min"\n'
    assert section(tmp_path, lines).rules(OSLO) == Rules(
        claim_window=timedelta(minutes=1),
        idle=timedelta(minutes=9),
        no_show=timedelta(minutes=5),
        spread=True,
        zone=OSLO,
    )


def test_a_slice_is_lent_as_its_card_unless_it_is_named(tmp_path: Path) -> None:
    """The most particular word counts: slice, card, section."""
    cards = (
        '{uuid = "GPU-a", tier = "shared"}, {uuid = "MIG-1", tier = "exclusive"}, {uuid = "GPU-b"}'
    )
    found = section(tmp_path, f"cards = [{cards}]\n")
    said = {name: found.tier_of(name, "GPU-a") for name in ("MIG-1", "MIG-2")}
    assert said == {"MIG-1": Tier.EXCLUSIVE, "MIG-2": Tier.SHARED}
    assert found.tier_of("GPU-b") == found.tier_of("GPU-new") == Tier.EXCLUSIVE


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('found_by = "smi"', "gpus/found_by: 'smi' is not one of 'nvml', 'list'"),
        ('tier = "share"', "gpus/tier: 'share' is not one of 'exclusive', 'shared'; did you mean"),
        ('packing = "best"', "gpus/packing: 'best' is not one of 'best-fit', 'spread'"),
        ('lease = "1 min"', "gpus/lease: '1 min' is too short; at least '5 min'"),
        ('cards = [{uuid = "0"}]', "gpus/cards/0/uuid: '0' does not have the right form"),
        ('cards = [{uuid = "GPU-1", memmory = "1 GiB"}]', ("gpus/cards/0/memmory: unknown setting;"
                                                        " did you mean 'memory'?")),
        ('cards = [{uuid = "GPU-1"}, {uuid = "GPU-1"}]', "gpus: GPU-1: more than once in cards"),
        ('found_by = "list"', 'gpus: found_by = "list" needs cards, and there are none'),
        ('found_by = "list"\ncards = [{uuid = "GPU-1"}]',
         'gpus: found_by = "list" needs the memory of each card: GPU-1'),
    ],
)  # fmt: skip
def test_a_mistake_in_the_lab_file_is_told_with_its_place(
    tmp_path: Path, lines: str, said: str
) -> None:
    """Path, what is wrong, the near miss."""
    with pytest.raises(SettingsProblems) as caught:
        section(tmp_path, lines)
    assert str(caught.value).startswith(f"lab.toml: {said}")


@pytest.mark.parametrize(
    ("lessons", "said"),
    [
        ([lesson().replace('"gpu"', '"gpo"')], "0/profile: unknown profile 'gpo'; did you mean"),
        ([lesson().replace('"gpu"', '"cpu"')], "0/profile: the profile 'cpu' has no GPU; give it"),
        ([lesson(starts="12:00")], "0: ends at 12:00, and starts at 12:00"),
        ([lesson(until="2026-08-01")], "0: until 2026-08-01, which is before the first day"),
        ([lesson(until="2036-08-01")], "0: until 2036-08-01, more than a year after 2026-09-01"),
        ([lesson(seats=0)], "0/seats: "),
        ([lesson(starts="10.15")], "0/starts: '10.15' is not a time of day, like '10:15'"),
        ([lesson(starts="10")], "0/starts: '10' is not a time of day"),
        ([lesson(), lesson(starts="11:00")], "1: overlaps with gpus/reservations/0 on 2026-09-01"),
        (
            [lesson(until="2026-12-01"), lesson(day="2026-09-15")],
            "1: overlaps with gpus/reservations/0 on 2026-09-15; add its seats to that one",
        ),
    ],
)
def test_a_mistake_in_a_lesson_is_told_with_its_place(
    tmp_path: Path, lessons: list[str], said: str
) -> None:
    """The course file and which of its reservations, counted from nought as in all paths."""
    with pytest.raises(SettingsProblems) as caught:
        course(tmp_path, *lessons)
    assert str(caught.value).startswith(f"courses/ml.toml: gpus/reservations/{said}")


def test_lessons_that_do_not_meet_are_no_mistake(tmp_path: Path) -> None:
    """Other days, other hours, and the end of one at the beginning of the other."""
    morning = lesson().replace('"10:15"', '"08:15"').replace('"12:00"', '"10:15"')
    found = course(tmp_path, lesson(until="2026-12-01"), lesson(day="2026-09-02"), morning)
    assert len(found.gpus.reservations) == 3


def test_toml_s_own_times_are_times_as_well(tmp_path: Path) -> None:
    """``10:15:00`` without quotes."""
    found = course(tmp_path, lesson().replace('"10:15"', "10:15:00"))
    assert f"{found.gpus.reservations[0].starts:%H:%M}" == "10:15"


def test_a_lesson_keeps_its_time_when_clocks_are_changed(tmp_path: Path) -> None:
    """From summer to winter time 10:15 stays 10:15; what is over is not asked for again."""
    found = course(tmp_path, lesson(day="2026-10-20", until="2026-10-27")).gpus.reservations[0]
    week = intervals_of(found, OSLO, BEFORE)
    assert [each.start.astimezone(OSLO).strftime("%d %H:%M") for each in week] == [
        "20 10:15", "27 10:15",
    ]  # fmt: skip
    assert week[1].start - week[0].start == timedelta(days=7, hours=1)
    assert intervals_of(found, OSLO, week[0].end) == week[1:]


def test_a_share_must_fit_on_a_card(tmp_path: Path) -> None:
    """What is larger than all there is, is told with the largest."""
    fits = course(tmp_path, gpu="24 GiB")
    large = course(tmp_path, gpu="25 GiB")
    assert not [*share_problems([fits], CARDS)]
    assert [str(each) for each in share_problems([large], CARDS)] == [
        (
            "courses/ml.toml: profiles/gpu/gpu: asks for 25 GiB of a GPU, and the largest here has"
            " 24 GiB (NVIDIA RTX 4090)"
        )
    ]


def test_an_unknown_card_is_told_with_the_near_one(tmp_path: Path) -> None:
    """A UUID copied wrong leads to the right one."""
    cards = section(tmp_path, 'cards = [{uuid = "GPU-aaab"}, {uuid = "GPU-bbbb"}]\n')
    assert [str(each) for each in card_problems("lab.toml", cards, CARDS)] == [
        (
            "lab.toml: gpus/cards/0/uuid: there is no GPU 'GPU-aaab'; did you mean 'GPU-aaaa'?"
            " (here: GPU-aaaa, GPU-bbbb)"
        )
    ]


def test_a_card_that_is_not_found_is_missing(tmp_path: Path) -> None:
    """Whether the file or the book knows it; what was mistyped is a mistake instead."""
    gone, here = Gpu("GPU-1234", "RTX", 8 * GiB), CARDS[0]
    cards = section(tmp_path, 'cards = [{uuid = "GPU-aaab"}, {uuid = "GPU-9876"}]\n')
    missing = missing_gpus(cards, CARDS, [gone, here])
    assert [(gpu.uuid, gpu.memory) for gpu in missing] == [("GPU-9876", 0), ("GPU-1234", 8 * GiB)]
    assert [each.path for each in card_problems("lab.toml", cards, CARDS)] == ["gpus/cards/0/uuid"]


def test_lessons_of_two_courses_must_fit_together(tmp_path: Path) -> None:
    """Four shares and one whole card are five seats: the sixth is told, with what is in the way."""
    ml = course(tmp_path, lesson(4))
    art = course(tmp_path, lesson(1, starts="11:00"), name="art")
    more = course(tmp_path, lesson(2, starts="11:00"), name="art")
    assert not [*room_problems([ml, art], CARDS, OSLO, BEFORE)]
    (problem,) = room_problems([ml, more], CARDS, OSLO, BEFORE)
    assert (problem.file, problem.path) == ("courses/art.toml", "gpus/reservations/0")
    assert problem.text.startswith("Tue 1 Sep 11:00: only 1 of 2 can be kept: ml has 4 from")
