"""What the watchdog of the GPUs tells people."""

from __future__ import annotations

from crepre_hub.desk.gpu_parties import Party
from crepre_hub.gpu.watchdog import Breach
from crepre_hub.sentences import Sentence, say, together
from crepre_hub.units import format_memory


def what_is_wrong(party: Party) -> Sentence:
    """One sentence for whoever's server it is."""
    used = format_memory(party.used)
    if party.breach is Breach.OVER_CAP:
        return say(
            "Your server holds %(used)s of its GPU's memory, and %(lent)s were lent to you: others"
            " on this GPU may run out of it.",
            used=used,
            lent=format_memory(party.lent),
        )
    return say("Your server uses a GPU that was not lent to it.")


def notice(party: Party, then: str) -> Sentence:
    """
    The first word.

    Args:
        then: The time of day at which something is done about it; empty for never.
    """
    if party.breach is Breach.OVER_CAP:
        remedy = say("Shut down notebooks that you do not need, or take smaller batches.")
    else:
        remedy = say("Shut down the notebook that uses it.")
    threat = say("Otherwise the notebook that takes most is started anew at %(time)s.", time=then)
    return together(what_is_wrong(party), remedy, threat if then else "")


def restarted(party: Party, then: str) -> Sentence:
    """After kernels were started anew; the server is stopped at *then* if that does not help."""
    done = say("So the notebook that took most was started anew: its variables are gone.")
    return together(what_is_wrong(party), done, _next(then))


def no_kernel(party: Party, then: str) -> Sentence:
    """Where what takes too much could not be started anew."""
    done = say("To start a notebook anew would not mend it: look at what runs in your terminals.")
    return together(what_is_wrong(party), done, _next(then))


def _next(then: str) -> Sentence:
    return say(
        "If it goes on, your server is stopped at %(time)s; what you have saved is kept.", time=then
    )


def stopped(time: str) -> Sentence:
    """After the end of a server that had been lent nothing; of others the book says why."""
    return say(
        "Your server used a GPU that was not lent to it, so it was stopped at %(time)s. What you"
        " had saved is kept.",
        time=time,
    )


def beside(*, acts: bool) -> Sentence:
    """For the others on a GPU, who learn no name."""
    seen = say(
        "Somebody beside you holds more of the GPU than they were lent. If you get out-of-memory"
        " errors, it is not your code."
    )
    return together(seen, say("It is being dealt with.") if acts else ADMIN_SEES)


def beside_outsider(used: int) -> Sentence:
    """For all on a GPU that something from outside the lab uses as well."""
    seen = say(
        "A program from outside the lab holds %(used)s of your GPU. If you get out-of-memory"
        " errors, it is not your code.",
        used=format_memory(used),
    )
    return together(seen, ADMIN_SEES)


ADMIN_SEES = say("The lab's admin is told.")
