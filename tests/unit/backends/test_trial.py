"""What is read of a trial while it goes on."""

from __future__ import annotations

import time

from crepre_hub.backends.docker.trial import (
    TRIAL_LABEL,
    TrialResult,
    last_words,
    remove_left_behind,
    trial_lines,
)


def test_only_whole_lines_of_the_trial_count() -> None:
    """A log is read while it is written, and libraries write into it, too."""
    log = 'warning: x\n{"trial": "step", "number": 1}\n{"other": 1}\n{"trial": "en'
    assert list(trial_lines(log)) == [{"trial": "step", "number": 1}]


def test_a_trial_that_says_nothing_bad_is_passed() -> None:
    """Whoever fails says why."""
    assert TrialResult().passed
    assert not TrialResult("the kernel died", "a cell").passed


def test_last_words_are_about_what_went_wrong() -> None:
    """A server notes every request; where it says nothing else, the notes have to do."""
    log = '[I 1] GET /\n\n[E 2] Boom\n  where\n[I 3] GET /\n{"trial": "end"}\n'
    assert last_words(log) == ("[E 2] Boom", "  where")
    assert last_words("[I 1] GET /\n") == ("[I 1] GET /",)


class Engine:
    """A Docker Engine with containers of trials, as old as they say."""

    def __init__(self, **ages_seconds: float) -> None:
        self.created = {name: time.time() - age for name, age in ages_seconds.items()}

    def containers(self, **asked: object) -> list[dict[str, object]]:
        assert asked == {"all": True, "filters": {"label": TRIAL_LABEL}}
        return [{"Id": name, "Created": created} for name, created in self.created.items()]

    def remove_container(self, name: str, **how: object) -> None:
        assert how == {"v": True, "force": True}
        del self.created[name]


def test_a_trial_clears_up_after_those_that_were_killed() -> None:
    """Younger ones may be under way."""
    engine = Engine(now=0, minutes=1700, hours=2 * 3600)
    remove_left_behind(engine)
    assert set(engine.created) == {"now", "minutes"}
