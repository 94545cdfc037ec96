"""What is read of a trial while it goes on."""

from __future__ import annotations

from crepre_hub.backends.docker.trial import TrialResult, trial_lines


def test_only_whole_lines_of_the_trial_count() -> None:
    """A log is read while it is written, and libraries write into it, too."""
    log = 'warning: x\n{"trial": "step", "number": 1}\n{"other": 1}\n{"trial": "en'
    assert list(trial_lines(log)) == [{"trial": "step", "number": 1}]


def test_a_trial_that_says_nothing_bad_is_passed() -> None:
    """Whoever fails says why."""
    assert TrialResult().passed
    assert not TrialResult("the kernel died", "a cell").passed
