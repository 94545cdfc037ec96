"""The GPU desk on a real store: who gets what, and what a crash leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crepre_hub.backends.backend import Found, Seat
from crepre_hub.decisions import Granted, MustWait, Refused
from crepre_hub.desk.lending import LendingDesk
from crepre_hub.desk.park import Asked, Park
from crepre_hub.desk.renewing import renew, try_renew
from crepre_hub.gpu.allowance import Allowance
from crepre_hub.gpu.booking import Request
from crepre_hub.gpu.claims import Lease, Why
from crepre_hub.gpu.given import Cap, GivenGpu
from crepre_hub.gpu.gpus import WHOLE, Gpu, Tier, Wish
from crepre_hub.gpu.reservations import FROM_FILE, Interval
from crepre_hub.gpu.rules import HOUR, MINUTE, Rules
from crepre_hub.probes.gpus import GpuInventory
from crepre_hub.store.engine import open_engine
from crepre_hub.store.gpu_book import GpuBookStore
from crepre_hub.store.gpu_trial import TrialBookStore
from tests.hand_clock import HandClock
from tests.migrated import open_migrated

GiB = 1024**3
CARD = Gpu("GPU-a", "Card", 24 * GiB)
SHARED = Gpu("GPU-s", "Card", 24 * GiB, Tier.SHARED)
SHARE = Wish(6 * GiB)
GRACE = timedelta(seconds=60)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/lab.sqlite"


@pytest.fixture
def engine(url: str) -> Engine:
    return open_migrated(url)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def park(*gpus: Gpu) -> Park:
    """What a lab with *gpus* has."""
    rules = Rules()
    seen = GpuInventory(gpus)
    return Park(lambda: rules, lambda: seen, lambda gpu, share: Cap.COOPERATIVE, lambda: 2 * HOUR)


def desk_on(engine: Engine, clock: HandClock, *gpus: Gpu) -> LendingDesk:
    desk = LendingDesk(GpuBookStore(engine), park(*gpus), clock)
    desk.look()
    return desk


def passes(desk: LendingDesk, clock: HandClock, time: timedelta) -> None:
    """Time, in which the hub looks now and then."""
    for _ in range(10):
        clock.now += time / 10
        desk.tick()


def wants(name: str, wish: Wish = WHOLE, **more: object) -> Asked:
    return Asked(Seat(name), "ml", "gpu", wish, **more)


def running(lease: Lease, gpu: str = "") -> Found:
    """The server that *lease* is for."""
    given = GivenGpu(lease.id, gpu or lease.gpu, 24 * GiB, 24 * GiB, lease.ends)
    seat = Seat(lease.person, lease.server)
    return Found(f"c-{lease.person}", seat, datetime.now(UTC), "ml", "gpu", given)


def lent(desk: LendingDesk, name: str) -> Lease:
    lease = desk.ask(wants(name))
    assert isinstance(lease, Lease)
    return lease


def test_a_dry_run_does_all_and_leaves_nothing(engine: Engine, clock: HandClock) -> None:
    """One change after another, as it would be; the lab's book is the book that it was."""
    before = desk_on(engine, clock, CARD, SHARED).book()
    desk = LendingDesk(TrialBookStore(engine), park(CARD, SHARED), clock, is_hub=False)
    lease = lent(desk, "ada")
    assert isinstance(desk.drain(SHARED.uuid, "dust"), Granted)
    assert isinstance(desk.ask(wants("bo")), MustWait)
    assert isinstance(desk.end(lease.id), Granted)
    desk.give_back(lease.id)
    assert desk.book().claim_of("bo").offer is not None  # type: ignore[union-attr]
    assert desk.last_of("ada") is None
    assert desk_on(engine, clock, CARD, SHARED).book() == before


def test_a_start_that_asks_again_finds_its_lease(engine: Engine, clock: HandClock) -> None:
    """And one that waits finds its claim; nobody is twice in the book."""
    desk = desk_on(engine, clock, CARD)
    assert lent(desk, "ada") == lent(desk, "ada")
    for _ in range(2):
        assert isinstance(desk.ask(wants("bo")), MustWait)
    assert len(desk.book().claims) == 1


def test_an_offer_is_taken_by_asking_again(engine: Engine, clock: HandClock) -> None:
    """The lease has the claim's id; once its window is over it goes to the next."""
    desk = desk_on(engine, clock, CARD)
    ada = lent(desk, "ada")
    for name in ("bo", "chi"):
        clock.now += MINUTE
        desk.ask(wants(name))
    desk.give_back(ada.id)
    claim = desk.book().claim_of("bo")
    assert claim is not None
    assert claim.offer is not None
    passes(desk, clock, 3 * MINUTE)
    assert isinstance(desk.ask(wants("bo")), MustWait)
    chi = desk.ask(wants("chi"))
    assert isinstance(chi, Lease)
    assert chi.waited == 3 * MINUTE


@pytest.mark.parametrize("is_new", [False, True])
def test_no_offer_lapses_while_nobody_answers(
    engine: Engine, clock: HandClock, *, is_new: bool
) -> None:
    """A hub that was down, or slept with its machine, gives each its whole window again."""
    desk = desk_on(engine, clock, CARD)
    ada = lent(desk, "ada")
    desk.ask(wants("bo"))
    desk.give_back(ada.id)
    passes(desk, clock, 2 * MINUTE)
    clock.now += 10 * MINUTE
    command = LendingDesk(GpuBookStore(engine), park(CARD), clock, is_hub=False)
    assert isinstance(command.ask(wants("cy")), MustWait)
    if is_new:
        desk = LendingDesk(GpuBookStore(engine), park(CARD), clock)
    desk.tick()
    passes(desk, clock, 3 * MINUTE - timedelta(seconds=1))
    assert isinstance(desk.ask(wants("bo")), Lease)


def test_an_offer_that_is_hardly_worth_taking_any_more_is_made_anew(
    engine: Engine, clock: HandClock
) -> None:
    """Its end was fixed when it was made; after hours without a hub it is another one."""
    desk = desk_on(engine, clock, CARD)
    ada = lent(desk, "ada")
    desk.ask(wants("bo"))
    desk.give_back(ada.id)
    clock.now += 2 * HOUR
    bo = desk.ask(wants("bo"))
    assert isinstance(bo, Lease)
    assert bo.ends == clock.now + 2 * HOUR


def test_a_lease_that_is_ending_starts_no_server(engine: Engine, clock: HandClock) -> None:
    """Nor one for another profile, while the last server may still be there."""
    desk = desk_on(engine, clock, CARD, SHARED)
    ada = lent(desk, "ada")
    assert isinstance(desk.ask(wants("ada", SHARE)), Refused)
    desk.end(ada.id)
    assert isinstance(desk.ask(wants("ada")), Refused)
    desk.give_back(ada.id)
    assert isinstance(desk.ask(wants("ada")), Lease)


def test_time_brings_the_end_of_leases(engine: Engine, clock: HandClock) -> None:
    """Whose servers are then to be stopped; until they are, nobody else has the share."""
    desk = desk_on(engine, clock, CARD)
    ada = lent(desk, "ada")
    assert desk.tick() == ()
    clock.now = ada.ends
    assert desk.tick() != ()
    assert desk.book().leases[ada.id].ending is Why.TIME_IS_UP
    assert isinstance(desk.ask(wants("bo")), MustWait)


@pytest.mark.parametrize("is_new", [False, True])
def test_a_lesson_has_its_gpus_from_its_first_minute_on(
    engine: Engine, clock: HandClock, *, is_new: bool
) -> None:
    """Also where nobody looked in the very moment, and by a hub that started after it."""
    desk = desk_on(engine, clock, CARD)
    lesson = Interval(clock.now + 10 * MINUTE, clock.now + 2 * HOUR)
    desk.reserve(Request("lesson", "ml", WHOLE, 1, (lesson,)))
    assert isinstance(desk.ask(wants("ada")), MustWait)
    desk.tick()
    clock.now = lesson.start + timedelta(seconds=1)
    (desk_on(engine, clock, CARD) if is_new else desk).tick()
    claim = desk.book().claim_of("ada")
    assert claim is not None
    assert claim.offer is not None


def test_after_a_crash_a_lease_without_a_server_is_over(engine: Engine, clock: HandClock) -> None:
    """Once it is old enough, and if this hub is not just making the server."""
    desk = desk_on(engine, clock, CARD)
    ada = lent(desk, "ada")
    assert desk.reconcile([], (), grace=GRACE) == ()
    assert desk.book().leases
    clock.now += GRACE
    desk.reconcile([], [ada.id], grace=GRACE)
    desk.reconcile([running(ada)], (), grace=GRACE)
    assert desk.book().leases
    desk.reconcile([], (), grace=GRACE)
    assert not desk.book().leases
    last = desk.last_of("ada")
    assert last is not None
    assert last.why is Why.SERVER_GONE


def test_a_server_that_the_book_does_not_know_is_taken_in(
    engine: Engine, clock: HandClock, tmp_path: Path
) -> None:
    """Seen twice, where its GPU is free: after a database was lost, nothing is lent twice."""
    ada = lent(desk_on(engine, clock, CARD), "ada")
    anew = open_migrated(f"sqlite:///{tmp_path}/new.sqlite")
    desk = desk_on(anew, clock, CARD)
    for count in (0, 1):
        assert desk.reconcile([running(ada)], (), grace=GRACE) == ()
        assert len(desk.book().leases) == count
    assert desk.book().lease_of("ada") is not None
    assert isinstance(desk.ask(wants("bo")), MustWait)


def test_a_server_with_what_was_not_lent_to_it_is_a_stray(engine: Engine, clock: HandClock) -> None:
    """On another GPU than its lease's, or seen twice on one that somebody else has."""
    desk = desk_on(engine, clock, CARD, SHARED)
    ada = lent(desk, "ada")
    other = SHARED.uuid if ada.gpu == CARD.uuid else CARD.uuid
    (stray,) = desk.reconcile([running(ada, other)], (), grace=GRACE)
    assert (stray.person, stray.lease) == ("ada", ada.id)


def test_a_week_has_no_more_than_the_allowance(engine: Engine, clock: HandClock) -> None:
    """What is running counts as well as what is over; on Monday there is all of it again."""
    desk = desk_on(engine, clock, CARD)
    asked = wants("ada", allowance=Allowance(2 * HOUR))
    lease = desk.ask(asked)
    assert isinstance(lease, Lease)
    clock.now += HOUR
    assert desk.left_of("ada", "ml", asked.allowance) == HOUR
    clock.now += HOUR
    desk.give_back(lease.id)
    refused = desk.ask(asked)
    assert isinstance(refused, Refused)
    assert refused.reason == "allowance-used"
    clock.now += timedelta(weeks=1)
    assert isinstance(desk.ask(asked), Lease)


def test_nobody_goes_on_beyond_the_allowance(engine: Engine, clock: HandClock) -> None:
    """A lease is not renewed when the week has hardly any time left."""
    desk = desk_on(engine, clock, CARD)
    allowance = Allowance(3 * HOUR)
    lease = desk.ask(wants("ada", allowance=allowance))
    assert isinstance(lease, Lease)
    clock.now += 100 * MINUTE
    for ask in (try_renew, renew):
        assert isinstance(ask(desk, lease.id, allowance), Granted)
    clock.now += HOUR
    for ask in (try_renew, renew):
        refused = ask(desk, lease.id, Allowance(175 * MINUTE))
        assert isinstance(refused, Refused)
        assert refused.reason == "allowance-used"
    assert isinstance(renew(desk, lease.id, allowance), Granted)
    assert isinstance(renew(desk, "", allowance), Refused)


def test_a_lesson_is_no_way_around_the_allowance(engine: Engine, clock: HandClock) -> None:
    """Whoever has a place in one goes on beyond its end only with time of their own."""
    desk = desk_on(engine, clock, CARD)
    before = lent(desk, "ada")
    clock.now += 2 * HOUR
    desk.give_back(before.id)
    lesson = Interval(clock.now, clock.now + 2 * HOUR)
    desk.reserve(Request("lesson", "ml", WHOLE, 1, (lesson,)))
    lease = desk.ask(wants("ada", allowance=Allowance(2 * HOUR)))
    assert isinstance(lease, Lease)
    assert lease.reservation
    clock.now += HOUR
    refused = renew(desk, lease.id, Allowance(2 * HOUR))
    assert isinstance(refused, Refused)
    assert refused.reason == "allowance-used"
    assert isinstance(renew(desk, lease.id, Allowance()), Granted)


def test_time_after_a_lesson_counts(engine: Engine, clock: HandClock) -> None:
    """A lesson's lease that is renewed beyond it is the person's own from then on."""
    desk = desk_on(engine, clock, CARD)
    lesson = Interval(clock.now, clock.now + HOUR)
    desk.reserve(Request("lesson", "ml", WHOLE, 1, (lesson,)))
    allowance = Allowance(10 * HOUR)
    lease = desk.ask(wants("ada", allowance=allowance))
    assert isinstance(lease, Lease)
    clock.now += HOUR / 2
    assert isinstance(renew(desk, lease.id, allowance), Granted)
    clock.now += HOUR
    assert desk.left_of("ada", "ml", allowance) == 9.5 * HOUR
    desk.give_back(lease.id)
    assert desk.left_of("ada", "ml", allowance) == 9.5 * HOUR


def test_files_are_what_is_reserved(engine: Engine, clock: HandClock) -> None:
    """What stands there is kept once; what does not any more is not; what does not fit is told."""
    desk = desk_on(engine, clock, CARD)
    hour = Interval(clock.now + HOUR, clock.now + 2 * HOUR)

    def asked(name: str, count: int = 1) -> dict[str, Request]:
        series = f"{FROM_FILE}{name}"
        return {series: Request(series, "ml", WHOLE, count, (hour,))}

    for _ in range(2):
        assert desk.ensure_kept(asked("ml/1")) == {}
        assert len(desk.book().reservations) == 1
    assert desk.ensure_kept(asked("ml/1") | asked("ml/2")).keys() == asked("ml/2").keys()
    assert desk.reserve(Request("hand", "ml", WHOLE, 1, (hour,))) != Granted("reserved")
    assert desk.ensure_kept({}) == {}
    assert desk.book().reservations == {}
    assert desk.reserve(Request("hand", "ml", WHOLE, 1, (hour,))) == Granted("reserved")
    desk.ensure_kept({})
    assert len(desk.book().reservations) == 1


def test_a_lesson_of_a_file_that_was_cancelled_stays_so(engine: Engine, clock: HandClock) -> None:
    """Also once all others of its series are over; until the file asks for something else."""
    desk = desk_on(engine, clock, CARD)
    weeks = [timedelta(weeks=n) for n in (0, 1, 2)]
    lessons = tuple(Interval(clock.now + w, clock.now + w + HOUR) for w in weeks)

    def look(name: str = "1") -> list[Interval]:
        asked = tuple(each for each in lessons if each.end > clock.now)
        series = f"{FROM_FILE}ml/{name}"
        desk.ensure_kept({series: Request(series, "ml", WHOLE, 1, asked, profile="gpu")})
        kept = desk.book().reservations.values()
        return [each.interval for each in kept if not each.cancelled]

    assert look() == [*lessons]
    desk.cancel(f"{FROM_FILE}ml/1/2")
    assert look() == [*lessons[:2]]
    passes(desk, clock, timedelta(weeks=1, hours=2))
    assert look() == []
    assert desk.bring_back(f"{FROM_FILE}ml/1/2") == Granted("reserved")
    assert look() == [lessons[2]]
    desk.cancel(f"{FROM_FILE}ml/1")
    assert look() == []
    assert look("2") == [lessons[2]]


def test_a_lesson_under_way_goes_on_when_its_file_is_edited(
    engine: Engine, clock: HandClock
) -> None:
    """What has not begun is changed at once, and nothing is refused because of the lesson."""
    desk = desk_on(engine, clock, CARD, SHARED)
    now = clock.now
    lesson = Interval(now, now + 2 * HOUR)
    next_week = Interval(now + timedelta(weeks=1), now + timedelta(weeks=1, hours=2))

    def asked(name: str, *intervals: Interval, count: int = 1) -> dict[str, Request]:
        series = f"{FROM_FILE}ml/{name}"
        return {series: Request(series, "ml", WHOLE, count, intervals, profile="gpu")}

    assert desk.ensure_kept(asked("1", lesson, next_week)) == {}
    lease = lent(desk, "ada")
    assert lease.reservation
    clock.now += 10 * MINUTE
    longer = Interval(now, now + 3 * HOUR)
    for _ in range(2):
        assert desk.ensure_kept(asked("2", longer, next_week, count=2)) == {}
        kept = {each.interval: len(each.places) for each in desk.book().reservations.values()}
        assert kept == {lesson: 1, next_week: 2}
    assert desk.ensure_kept(asked("3", longer)) == {}
    assert [each.interval for each in desk.book().reservations.values()] == [lesson]
    assert desk.ensure_kept({}) == {}
    assert desk.book().leases[lease.id].reservation in desk.book().reservations
    clock.now = lesson.end
    desk.tick()
    assert desk.book().reservations == {}


def test_desks_that_know_nothing_of_each_other_lend_a_share_once(url: str, engine: Engine) -> None:
    """Sixty claims at once, at the desks of four processes, for four shares: four owners."""
    clock = HandClock()
    desks = [desk_on(open_engine(url), clock, SHARED) for _ in range(4)]

    def ask(number: int) -> bool:
        answer = desks[number % 4].ask(wants(f"p{number}", SHARE))
        assert len(desks[number % 4].book().leases) <= 4
        return isinstance(answer, Lease)

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(ask, range(60))) == 4
    book = LendingDesk(GpuBookStore(engine), park(SHARED), clock).book()
    assert (len(book.leases), len(book.claims)) == (4, 56)
