"""Which build of an image students get, and which of them go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.errors import ImageMissing
from crepre_hub.ops.build_shelf import read_builds
from crepre_hub.ops.image_builds import (
    Build,
    ImageBuilds,
    TagChange,
    plan_promotion,
    plan_prune,
    plan_rollback,
)

REPOSITORY = "crepre/cpu"
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def build(name: str, *tags: str, used_by: int = 0, age: int = 0) -> Build:
    """A build with its recipe's digits as name, so many hours old."""
    return Build(
        f"sha256:{name}", frozenset({name, *tags}), NOON - timedelta(hours=age), 1, used_by
    )


def image(*builds: Build) -> ImageBuilds:
    return ImageBuilds("cpu", REPOSITORY, builds)


def after(have: ImageBuilds, change: TagChange) -> ImageBuilds:
    """The builds once Docker has done what *change* says."""
    tags = {tag: each.id for each in have.builds for tag in each.tags}
    tags |= dict(change.set)
    for tag in change.drop:
        del tags[tag]
    return ImageBuilds(
        have.image,
        have.repository,
        tuple(
            Build(
                each.id,
                frozenset(tag for tag, owner in tags.items() if owner == each.id),
                each.made,
                each.size_bytes,
                each.used_by,
            )
            for each in have.builds
        ),
    )


def names(have: ImageBuilds) -> tuple[str, str, str]:
    """What is current, previous and held."""
    found = (have.current, have.previous, have.held)
    return (found[0].name if found[0] else "", found[1].name if found[1] else "",
            found[2].name if found[2] else "")  # fmt: skip


def test_the_first_build_is_current_at_once() -> None:
    """There is nothing before it to remember."""
    have = image(build("a"))
    assert names(after(have, plan_promotion(have, "sha256:a"))) == ("a", "", "")


def test_a_new_build_remembers_the_one_before() -> None:
    """A rollback needs no more than the tags."""
    have = image(build("b"), build("a", "latest"))
    assert names(after(have, plan_promotion(have, "sha256:b"))) == ("b", "a", "")


def test_what_is_current_stays_so() -> None:
    """To build again what students have changes nothing, and forgets no previous build."""
    have = image(build("b", "latest"), build("a", "previous"))
    assert plan_promotion(have, "sha256:b").is_empty


def test_back_and_forward_again() -> None:
    """A rollback is undone by another one."""
    have = image(build("b", "latest"), build("a", "previous"))
    back = after(have, plan_rollback(have).change)
    assert names(back) == ("a", "b", "b")
    assert names(after(back, plan_rollback(back).change)) == ("b", "a", "")


def test_back_to_a_build_by_its_name() -> None:
    """Any build that is here can be had again."""
    have = image(build("c", "latest"), build("b", "previous"), build("a"))
    back = plan_rollback(have, "a")
    assert (back.had.name, back.now.name) == ("c", "a")
    assert names(after(have, back.change)) == ("a", "c", "c")


def test_a_newer_build_ends_a_rollback() -> None:
    """What was rolled back from is held only until something newer passes its trial."""
    have = image(build("c"), build("b", "previous", "held"), build("a", "latest"))
    assert names(after(have, plan_promotion(have, "sha256:c"))) == ("c", "a", "")


@pytest.mark.parametrize(
    ("have", "to", "remedy"),
    [
        (image(), "", "crepre image list"),
        (image(build("a", "latest")), "", "crepre image list"),
        (image(build("b", "latest"), build("a")), "", "There is: a."),
        (image(build("b", "latest"), build("a")), "c", "There is: a."),
        (image(build("b", "latest"), build("a")), "b", "There is: a."),
    ],
)
def test_no_way_back_is_said(have: ImageBuilds, to: str, remedy: str) -> None:
    """The remedy names the builds that there are."""
    with pytest.raises(ImageMissing) as caught:
        plan_rollback(have, to)
    assert remedy in caught.value.remedy


BUILDS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 2)), unique_by=lambda each: each[0]
)


@given(BUILDS, st.data())
def test_nothing_in_use_is_ever_removed(made: list[tuple[str, int]], data: st.DataObject) -> None:
    """The current build, the previous one, one rolled back and one with a container all stay."""
    builds = [build(name, used_by=used) for name, used in made]
    have = image(*builds)
    for role in ("latest", "previous", "held"):
        if builds and data.draw(st.booleans()):
            owner = data.draw(st.sampled_from(builds))
            have = after(have, TagChange(REPOSITORY, ((role, owner.id),)))
    gone = {removal.build.id for removal in plan_prune([have])}
    for each in have.builds:
        is_needed = each in (have.current, have.previous, have.held) or each.used_by
        assert (each.id in gone) == (not is_needed)


def test_a_course_that_is_gone_takes_its_builds_along() -> None:
    """Except those that still run."""
    have = image(build("b", "latest", used_by=1), build("a", "previous"))
    gone = plan_prune([have], abandoned=[REPOSITORY])
    assert [removal.names for removal in gone] == [("crepre/cpu:a", "crepre/cpu:previous")]


def answer(name: str, *tags: str, **more: object) -> dict[str, object]:
    """An image, as the Engine lists it."""
    return {"Id": name, "RepoTags": tags or None, "Created": 1, "Size": 5, "Labels": None, **more}


def test_builds_as_the_engine_tells_them() -> None:
    """Sorted by image and age, with how many containers each has; other people's are left out."""
    images = [
        answer("i1", "crepre/cpu:a", "crepre/cpu:latest", "registry:5000/x:y"),
        answer("i2", "crepre/cpu:b", Created=2),
        answer("i3", "crepre/lab/ml/cpu:c"),
        answer("i4", "debian:trixie"),
        answer("i5", Labels={"crepre.repository": "crepre/cpu"}, Created=3),
        answer("i6", "<none>:<none>", Labels={"crepre.repository": "crepre/cpu"}, Created=0),
        answer("i7"),
        answer("i8", Labels={"crepre.repository": "crepre-test/cpu"}),
    ]
    found = read_builds(images, [{"ImageID": "i1"}, {"ImageID": "i1"}, {"ImageID": "i4"}])
    assert [each.repository for each in found] == ["crepre/cpu", "crepre/lab/ml/cpu"]
    cpu, ml = found
    assert (cpu.image, ml.image) == ("cpu", "lab/ml/cpu")
    assert [(each.id, sorted(each.tags), each.used_by) for each in cpu.builds] == [
        ("i5", [], 0),
        ("i2", ["b"], 0),
        ("i1", ["a", "latest"], 2),
        ("i6", [], 0),
    ]


def test_a_build_without_a_name_is_removed_by_its_id() -> None:
    """A later build of the same recipe took its name."""
    (removal,) = plan_prune([image(Build("sha256:" + "7" * 64, frozenset(), NOON, 1))])
    assert removal.names == ("sha256:" + "7" * 64,)
    assert removal.build.name == "777777777777"
