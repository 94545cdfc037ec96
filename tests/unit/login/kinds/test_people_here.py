"""Who a directory, and this machine, say somebody is: truth tables."""

from __future__ import annotations

import grp
import os
import pwd
import ssl
from typing import Any

import pytest

from crepre_hub.courses.identity import Identity
from crepre_hub.decisions import Refused
from crepre_hub.login.claims import Naming
from crepre_hub.login.kinds import ldap, pam
from crepre_hub.settings.login import LdapSection

LDAP = Naming("ldap", "the directory")
PAM = Naming("pam", "this machine")
SECTION = LdapSection(people=("uid={username},ou=people,dc=UiO,dc=no",))
ENTRY: dict[str, Any] = {
    "uid": ["Ola"],
    "entryUUID": ["d7-1"],
    "mail": ["ola@uio.no"],
    "cn": ["Ola N"],
    "memberOf": ["cn=ml,dc=uio"],
}


def in_directory(section: LdapSection, **changes: Any) -> Identity | Refused:
    return ldap.identify({"user_attributes": {**ENTRY, **changes}}, section, LDAP)


def test_the_entry_says_who_somebody_is() -> None:
    """Whatever was typed, name and id are the directory's."""
    who = in_directory(SECTION)
    assert isinstance(who, Identity)
    assert (who.issuer, who.subject, who.name) == ("ldap:ou=people,dc=uio,dc=no", "d7-1", "ola")
    assert (who.email, who.display_name, who.claims) == (None, "Ola N", {"group:cn=ml,dc=uio"})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"entryUUID": []}, "no-subject"),
        ({"entryUUID": ["a", "b"]}, "no-subject"),
        ({"uid": []}, "no-name"),
        ({"uid": ["ola", "boss"]}, "no-name"),
        ({"uid": ["ola*"]}, "bad-name"),
    ],
)
def test_an_entry_with_no_id_or_two_names_is_refused(changes: Any, reason: str) -> None:
    """Nobody is chosen among several."""
    answer = in_directory(SECTION, **changes)
    assert isinstance(answer, Refused)
    assert answer.reason == reason


def test_certificates_are_looked_at() -> None:
    """The library's own default is to accept each of them."""
    assert ldap.tls_options("")["validate"] == ssl.CERT_REQUIRED
    assert ldap.tls_options("/ca.pem")["ca_certs_file"] == "/ca.pem"


@pytest.mark.parametrize(
    ("uid", "reason"), [(0, "not-a-person"), (33, "not-a-person"), (None, "not-a-person")]
)
def test_root_and_the_machines_programs_are_nobody(uid: Any, reason: str) -> None:
    """A password of root opens no server."""
    answer = pam.identify({"name": "root", "uid": uid}, PAM)
    assert isinstance(answer, Refused)
    assert answer.reason == reason


def test_a_person_of_this_machine_has_its_groups() -> None:
    """The name is all that lasts there."""
    who = pam.identify({"name": "ola", "uid": 1000, "groups": ["ola", "ml"]}, PAM)
    assert isinstance(who, Identity)
    assert (who.issuer, who.subject, who.claims) == ("pam", "ola", {"group:ola", "group:ml"})


def test_a_group_without_a_name_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is left of a removed group is in no rule, and no reason to break the login."""
    me = pwd.getpwuid(os.getuid()).pw_name
    mine = grp.getgrgid(os.getgid()).gr_name
    monkeypatch.setattr(os, "getgrouplist", lambda *_: [os.getgid(), 987_654_321])
    assert pam.facts_of(me)["groups"] == [mine]
