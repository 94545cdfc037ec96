"""A directory; on ldapauthenticator."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPException
from ldapauthenticator.ldapauthenticator import LDAPAuthenticator, TlsStrategy

from crepre_hub.courses.identity import Identity, claims_of
from crepre_hub.decisions import Refused
from crepre_hub.errors import CrepreError
from crepre_hub.findings import Finding
from crepre_hub.login.claims import Claims, Naming, email_if, identity_of, table, texts
from crepre_hub.login.forms import FormWay
from crepre_hub.login.way import Plan, Way
from crepre_hub.sentences import say
from crepre_hub.settings.login import LdapSection

PATIENCE_SECONDS = 15

TLS = {
    "ldaps": TlsStrategy.on_connect,
    "starttls": TlsStrategy.before_bind,
    "none": TlsStrategy.insecure,
}

_threads = ThreadPoolExecutor(8, thread_name_prefix="ldap")
"""The library waits for the directory; the hub must not."""


def way(plan: Plan) -> Way:
    """Whoever the directory knows."""
    section = plan.lab.login.ldap
    naming = plan.naming(say("the directory"))
    return Way(
        naming=naming,
        authenticator=LdapWay,
        traits={
            "allow_all": True,
            "server_address": section.server,
            **({"server_port": section.port} if section.port else {}),
            "tls_strategy": TLS[section.tls],
            "tls_kwargs": tls_options(plan.file(section.ca_file)),
            "auth_state_attributes": attributes_of(section),
            **_where(section, plan),
        },
        identify=lambda claims: identify(claims, section, naming),
        has_form=True,
    )


def tls_options(ca_file: str) -> dict[str, object]:
    """The library itself would accept every certificate."""
    options: dict[str, object] = {"validate": ssl.CERT_REQUIRED}
    return {**options, "ca_certs_file": ca_file} if ca_file else options


def attributes_of(section: LdapSection) -> list[str]:
    """What is read about a person."""
    return [
        section.user_name,
        section.id,
        *filter(None, (section.groups, section.affiliations)),
        *("mail", "displayName", "cn"),
    ]


def _where(section: LdapSection, plan: Plan) -> dict[str, object]:
    if not section.search_below:
        return {"bind_dn_template": list(section.people)}
    return {
        "lookup_dn": True,
        "user_search_base": section.search_below,
        "user_attribute": section.user_name,
        "lookup_dn_user_dn_attribute": section.user_name,
        "lookup_dn_search_user": section.search_as or None,
        "lookup_dn_search_password": plan.secret() or None,
        "bind_dn_template": list(section.people),
    }


def probe(plan: Plan) -> Iterator[Finding]:
    """Whether the directory is there, shows a right certificate, and lets the lab search."""
    section = plan.lab.login.ldap
    if section.tls == "none":
        text = "Passwords cross the network to the directory in the clear."
        yield Finding("warning", text, remedy='Set tls = "ldaps" or "starttls" in lab.toml.')
    described = way(plan)
    asking = LDAPAuthenticator(**described.traits)
    try:
        bound = asking.get_connection(section.search_as or None, plan.secret() or None)
    except (LDAPException, OSError, ssl.SSLError) as error:
        text = f"The directory at {section.server} cannot be asked: {error}."
        yield Finding("error", text, remedy=f"openssl s_client -connect {section.server}:636")
        return
    if bound is None:
        who = section.search_as or "nobody in particular"
        text = f"The directory does not let in {who} to search."
        yield Finding("error", text, remedy="Check search_as and its password, or set people.")
    else:
        yield Finding("ok", f"The directory at {section.server} answers.")


def identify(claims: Claims, section: LdapSection, naming: Naming) -> Identity | Refused:
    """Who the directory's entry is about: by its own words, not by what was typed."""
    entry = {key.lower(): value for key, value in table(claims.get("user_attributes")).items()}

    def told(attribute: str) -> tuple[str, ...]:
        return texts(entry.get(attribute.lower()))

    def one(attribute: str) -> str | None:
        return told(attribute)[0] if len(told(attribute)) == 1 else None

    return identity_of(
        naming,
        issuer=f"ldap:{place_of(section)}",
        subject=one(section.id),
        name=one(section.user_name),
        email=email_if(section.email_is_verified, next(iter(told("mail")), None)),
        display_name=next(iter(told("displayName") or told("cn")), ""),
        claims=claims_of("group", told(section.groups))
        | claims_of("affiliation", told(section.affiliations)),
    )


def place_of(section: LdapSection) -> str:
    """The part of the tree that people are in: it stays when the directory moves to a machine."""
    return (section.search_below or section.people[0].partition(",")[2]).lower()


class LdapWay(FormWay, LDAPAuthenticator):  # type: ignore[misc]  # no types
    """LDAPAuthenticator that waits in a thread, and reads only what the directory has."""

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """As upstream, beside the hub's loop."""

        def ask() -> dict[str, Any] | None:
            found: dict[str, Any] | None = asyncio.run(
                LDAPAuthenticator.authenticate(self, handler, data)
            )
            return found

        waiting = asyncio.get_running_loop().run_in_executor(_threads, ask)
        try:
            return await asyncio.wait_for(waiting, PATIENCE_SECONDS)
        except (LDAPException, TimeoutError) as error:
            raise CrepreError(f"The directory does not answer: {error}") from error

    def get_user_attributes(self, conn: Any, userdn: str) -> dict[str, Any]:
        """What the person's own entry says; an attribute that no entry can have is left out."""
        schema = conn.server.schema
        known = schema.attribute_types if schema else None
        wanted = [each for each in self.auth_state_attributes if known is None or each in known]
        conn.search(
            search_base=userdn,
            search_scope=ldap3.BASE,
            search_filter="(objectClass=*)",
            attributes=wanted,
        )
        return dict(conn.entries[0].entry_attributes_as_dict) if len(conn.entries) == 1 else {}
