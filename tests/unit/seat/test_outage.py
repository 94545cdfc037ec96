"""Servers go on answering while the hub is away, and no longer than that."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from crepre_seat.outage import (
    LONGEST_OUTAGE_SECONDS,
    PROBE_EVERY_SECONDS,
    PatientCache,
    outlive_outages,
)
from hypothesis import given
from hypothesis import strategies as st
from jupyterhub.services.auth import HubOAuth

MAX_AGE = 300


@dataclass
class World:
    """A clock that is set by hand, and a hub that is there or away."""

    now: float = 1000.0
    hub_is_there: bool = True
    probes: list[float] = field(default_factory=list)

    def hub_answers(self) -> bool:
        self.probes.append(self.now)
        return self.hub_is_there

    def cache(self) -> PatientCache:
        return PatientCache(MAX_AGE, hub_answers=self.hub_answers, clock=lambda: self.now)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def cache(world: World) -> PatientCache:
    cache = world.cache()
    cache["ada"] = {"name": "ada"}
    return cache


def test_a_young_answer_is_given_without_a_probe(world: World, cache: PatientCache) -> None:
    """Up to its age an answer is given, and nobody is asked."""
    world.now += MAX_AGE
    assert cache["ada"] == {"name": "ada"}
    assert world.probes == []


def test_an_old_answer_is_not_given_while_the_hub_is_there(
    world: World, cache: PatientCache
) -> None:
    """Who lost the right to come in is out after the usual time, as without this package."""
    world.now += MAX_AGE + 1
    assert "ada" not in cache
    assert cache.get("ada") is None
    with pytest.raises(KeyError):
        cache["ada"]


def test_an_old_answer_is_given_while_the_hub_is_away(world: World, cache: PatientCache) -> None:
    """An outage of hours does not turn anybody out."""
    world.hub_is_there = False
    for _ in range(60):
        world.now += 240
        assert cache["ada"] == {"name": "ada"}


def test_the_hub_is_probed_rarely_while_it_is_away(world: World, cache: PatientCache) -> None:
    """However many requests come, there is one probe for each ``PROBE_EVERY_SECONDS``."""
    world.hub_is_there = False
    world.now += MAX_AGE + 1
    for _ in range(500):
        world.now += PROBE_EVERY_SECONDS / 100
        assert "ada" in cache
    assert len(world.probes) == 5


def test_the_hubs_return_is_noticed(world: World, cache: PatientCache) -> None:
    """Once the hub is back, the next look finds it and old answers serve no longer."""
    world.hub_is_there = False
    world.now += MAX_AGE + 1
    assert "ada" in cache
    world.hub_is_there = True
    world.now += PROBE_EVERY_SECONDS
    assert "ada" not in cache


def test_an_old_answer_outlives_a_hub_that_goes_while_it_is_asked(
    world: World, cache: PatientCache
) -> None:
    """A hub that was there for the probe and gone for the question costs one error, not all."""
    world.now += MAX_AGE + 1
    assert "ada" not in cache
    world.hub_is_there = False
    assert "ada" in cache


def test_a_refusal_replaces_an_old_answer(world: World, cache: PatientCache) -> None:
    """When the hub said no before it went away, the answer stays no."""
    cache["ada"] = None
    world.hub_is_there = False
    world.now += MAX_AGE + 1
    assert cache["ada"] is None


def test_nobody_new_comes_in_during_an_outage(world: World, cache: PatientCache) -> None:
    """An outage never lets anybody in whom the hub did not name before."""
    world.hub_is_there = False
    world.now += MAX_AGE + 1
    assert "bo" not in cache


def test_an_answer_does_not_last_for_ever(world: World, cache: PatientCache) -> None:
    """After ``LONGEST_OUTAGE_SECONDS`` the hub must be asked, whether it is there or not."""
    world.hub_is_there = False
    world.now += LONGEST_OUTAGE_SECONDS + 1
    assert "ada" not in cache


def test_forgotten_answers_are_dropped(world: World, cache: PatientCache) -> None:
    """The memory holds no answer that may never be given again."""
    world.now += LONGEST_OUTAGE_SECONDS + 1
    cache["bo"] = {"name": "bo"}
    assert set(cache.values) == set(cache.timestamps) == {"bo"}


def test_it_is_a_dictionary_otherwise(world: World, cache: PatientCache) -> None:
    """Popping, clearing and counting work as in JupyterHub's own cache."""
    assert cache.pop("ada") == {"name": "ada"}
    assert cache.pop("ada", None) is None
    cache["bo"] = {}
    assert len(cache) == 1
    cache.clear()
    assert "bo" not in cache


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 2 * MAX_AGE)), max_size=50))
def test_an_old_answer_needs_an_outage(life: list[tuple[bool, float]]) -> None:
    """Whatever comes and goes, an answer past its age is only given if the hub was just away."""
    world = World()
    cache = world.cache()
    cache["ada"] = True
    last_away = float("-inf")
    for hub_is_there, pause in life:
        world.now += pause
        world.hub_is_there = hub_is_there
        given_now = "ada" in cache
        if world.probes and world.probes[-1] == world.now and not hub_is_there:
            last_away = world.now
        old = world.now - 1000.0 > MAX_AGE
        assert given_now or old
        assert not (given_now and old) or world.now - last_away <= PROBE_EVERY_SECONDS


def test_the_servers_cache_is_replaced_once() -> None:
    """The extension may be loaded twice, and JupyterHub's own trait takes the new cache."""
    hub_auth = HubOAuth(
        api_url="http://127.0.0.1:1/hub/api", api_token="x", oauth_client_id="x", cache_max_age=300
    )
    outlive_outages(hub_auth)
    first = hub_auth.cache
    outlive_outages(hub_auth)
    assert isinstance(first, PatientCache)
    assert hub_auth.cache is first
    assert first.max_age == 300
