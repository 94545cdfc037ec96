"""The login part of ``lab.toml``: one word and one section for each way in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from crepre_hub.courses.keys import PersonName
from crepre_hub.forms import in_form

Kind = Literal[
    "accounts", "azure", "cilogon", "github", "gitlab", "google", "ldap", "lti", "oidc", "pam"
]
KINDS: tuple[str, ...] = get_args(Kind)

AUTO = "auto"

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _as_list(kinds: object) -> object:
    """One word is a list of one."""
    if isinstance(kinds, str):
        return (kinds,)
    return tuple(kinds) if isinstance(kinds, list) else kinds


def _each_once(kinds: tuple[str, ...]) -> tuple[str, ...]:
    if not kinds:
        raise ValueError("name at least one way to log in, such as 'accounts'")
    if len(set(kinds)) != len(kinds):
        raise ValueError("a way to log in stands here twice; keep one of them")
    return kinds


def is_safe_url(text: str) -> bool:
    """Whether nobody on the way can read or change what goes to *text*."""
    try:
        parts = urlsplit(text)
    except ValueError:  # such as ``https://[``
        return False
    is_here = parts.hostname in LOOPBACK
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_here)
    )


def _safe_url(text: str) -> str:
    """
    *text* as it is: to the character, since an issuer's slash at the end is part of its name.

    Without TLS anybody on the way could log in as anybody.
    """
    if text and not is_safe_url(text):
        raise ValueError(f"{text!r} is not an https address")
    return text


Url = Annotated[str, AfterValidator(_safe_url)]
Prefix = Annotated[
    str,
    in_form(
        "(auto|[a-z][a-z0-9]{0,11}-)?",
        "'auto', nothing, or small letters and digits with '-' at the end, 13 at most",
    ),
]
Domain = Annotated[
    str, in_form(r"([a-z0-9-]+(\.[a-z0-9-]+)+)?", "a domain in small letters, like 'uni.example'")
]
TenantId = Annotated[
    str,
    in_form(
        "([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?",
        "the directory's id, like '00000000-0000-4000-8000-000000000000'",
    ),
]


class WaySection(BaseModel):
    """What each way in has."""

    model_config = _STRICT

    label: Annotated[str, Field(max_length=40)] = ""
    prefix: Prefix = AUTO


class OAuthSection(WaySection):
    """A client that was registered with somebody who logs people in."""

    client_id: str = ""
    client_secret_file: str = ""


class GitHubSection(OAuthSection):
    """GitHub, or a GitHub Enterprise of one's own."""

    url: Url = "https://github.com"
    organizations: tuple[str, ...] = ()


class GitLabSection(OAuthSection):
    """GitLab, there or on a machine of one's own."""

    url: Url = "https://gitlab.com"
    groups: tuple[str, ...] = ()
    email_is_verified: bool = False


class GoogleSection(OAuthSection):
    """Google, for a school's own domain."""

    domains: tuple[Domain, ...] = ()


class AzureSection(OAuthSection):
    """Microsoft Entra ID, for one tenant."""

    tenant: TenantId = ""


class CILogonSection(OAuthSection):
    """CILogon, for named universities."""

    universities: tuple[str, ...] = ()
    user_name: str = "eppn"
    domain: Domain = ""


class OidcSection(OAuthSection):
    """Any OpenID Connect provider, such as Feide or Keycloak."""

    issuer: Url = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    user_name: str = "preferred_username"
    domain: Domain = ""
    groups: str = "groups"
    affiliations: str = "eduperson_scoped_affiliation"
    groups_url: Url = ""
    logout: bool = True


class LtiSection(WaySection):
    """A learning platform (Canvas, Moodle, Brightspace), by LTI 1.3."""

    issuer: Url = ""
    client_ids: tuple[str, ...] = ()
    deployments: tuple[str, ...] = ()
    authorize_url: Url = ""
    keys_url: Url = ""
    user_name: str = "custom_username"
    email_is_verified: bool = False


class LdapSection(WaySection):
    """A directory."""

    server: str = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    tls: Literal["ldaps", "starttls", "none"] = "ldaps"
    ca_file: str = ""
    people: tuple[str, ...] = ()
    search_below: str = ""
    search_as: str = ""
    search_password_file: str = ""
    user_name: str = "uid"
    id: str = "entryUUID"
    groups: str = "memberOf"
    affiliations: str = "eduPersonScopedAffiliation"
    email_is_verified: bool = False


class PamSection(WaySection):
    """People who have an account on this machine."""

    service: Annotated[
        str,
        in_form("[a-z][a-z0-9_-]{0,31}", "the name of a file in /etc/pam.d, like 'login'"),
    ] = "login"


class LoginSection(BaseModel):
    """How people get in."""

    model_config = _STRICT

    kind: Annotated[tuple[Kind, ...], BeforeValidator(_as_list), AfterValidator(_each_once)] = (
        "accounts",
    )
    sign_up: bool = False
    admins: frozenset[PersonName] = frozenset()
    github: GitHubSection = GitHubSection()
    gitlab: GitLabSection = GitLabSection()
    google: GoogleSection = GoogleSection()
    azure: AzureSection = AzureSection()
    cilogon: CILogonSection = CILogonSection()
    oidc: OidcSection = OidcSection()
    lti: LtiSection = LtiSection()
    ldap: LdapSection = LdapSection()
    pam: PamSection = PamSection()

    def section(self, kind: str) -> WaySection:
        """The section of *kind*, which is not ``accounts``."""
        found = getattr(self, kind)
        assert isinstance(found, WaySection)
        return found

    def prefix_of(self, kind: str) -> str:
        """
        What the names of people begin with who come in by *kind*.

        ``auto``: nothing for the first way in; for each other one its word. So a stranger whose
        name elsewhere is that of a teacher here does not get the teacher's name.
        """
        prefix = self.section(kind).prefix
        if prefix != AUTO:
            return prefix
        return "" if self.kind[0] == kind else f"{kind}-"


NEEDED: dict[str, tuple[str, ...]] = {
    "azure": ("client_id", "tenant"),
    "cilogon": ("client_id", "universities"),
    "github": ("client_id",),
    "gitlab": ("client_id",),
    "google": ("client_id", "domains"),
    "ldap": ("server",),
    "lti": ("issuer", "client_ids", "deployments", "authorize_url", "keys_url"),
    "oidc": ("issuer", "client_id"),
}
"""What has no default that could be right, for each way in that is used."""


def missing_settings(login: LoginSection) -> Iterator[tuple[str, str]]:
    """The path and the text of each mistake between the settings of *login*."""
    for kind in login.kind:
        for key in NEEDED.get(kind, ()):
            if not getattr(login.section(kind), key):
                yield f"login/{kind}/{key}", f"is missing; kind = {kind!r} needs it"
    if "ldap" in login.kind and not (login.ldap.people or login.ldap.search_below):
        text = "is missing; say where people are, with people or with search_below"
        yield "login/ldap/people", text
    if "oidc" in login.kind and "openid" not in login.oidc.scopes:
        yield "login/oidc/scopes", "'openid' is missing among them"
    if login.sign_up and "accounts" not in login.kind:
        yield "login/sign_up", "only works with kind = 'accounts'"
    prefixes = [login.prefix_of(kind) for kind in login.kind if kind != "accounts"]
    if len(set(prefixes)) != len(prefixes):
        text = "two ways in give names alike; set a different prefix for each"
        yield "login/kind", text
