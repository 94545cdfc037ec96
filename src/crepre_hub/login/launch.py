"""
What a learning platform says of somebody who opens the lab from a course (an LTI 1.3 launch).

Source: https://www.imsglobal.org/spec/lti/v1p3/
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crepre_hub.courses.identity import Identity, LtiLaunch, display_name_of
from crepre_hub.decisions import Refused
from crepre_hub.login.claims import Claims, Naming, email_if, identity_of, refused, table, texts
from crepre_hub.login.deep_link import CLAIM, REQUEST
from crepre_hub.settings.login import LtiSection

MEMBERSHIP = re.compile(r"http://purl\.imsglobal\.org/vocab/lis/v2/membership(?:/\w+)?#(\w+)")
"""Roles in the course; those at the institution and in the system are others."""

ANY = "*"


def identify(claims: Claims, section: LtiSection, naming: Naming) -> Identity | Refused:
    """Who a launch, whose signature was right, is about."""
    if claims.get("iss") != section.issuer:
        return refused("wrong-issuer", naming, "The answer did not come from %(provider)s.")
    if claims.get(f"{CLAIM}message_type") not in ("LtiResourceLinkRequest", REQUEST):
        return refused(
            "not-a-launch", naming, "The lab is opened from a course of %(provider)s by a link."
        )
    deployment = claims.get(f"{CLAIM}deployment_id")
    if not isinstance(deployment, str) or not {deployment, ANY} & set(section.deployments):
        return refused(
            "wrong-deployment", naming, "The lab is not set up for this part of %(provider)s."
        )
    name, naming = _name(claims, section, naming)
    return identity_of(
        naming,
        issuer=section.issuer,
        subject=claims.get("sub"),
        name=name,
        email=email_if(section.email_is_verified, claims.get("email")),
        display_name=claims.get("name"),
        lti=_launch(claims, deployment),
    )


def _name(claims: Claims, section: LtiSection, naming: Naming) -> tuple[object, Naming]:
    """
    The user name; without one the platform's id, behind a prefix that no name there can have.

    A custom field that the platform did not fill in comes as it was written: ``$User.username``.
    """
    custom = section.user_name.startswith("custom_")
    source = table(claims.get(f"{CLAIM}custom")) if custom else claims
    name = source.get(section.user_name.removeprefix("custom_"))
    if isinstance(name, str) and name.strip() and not name.startswith("$"):
        return name, naming
    return claims.get("sub"), Naming(naming.provider, naming.label, naming.prefix or "lti-")


def _launch(claims: Claims, deployment: str) -> LtiLaunch:
    context = table(claims.get(f"{CLAIM}context"))
    course = context.get("id")
    roles = (MEMBERSHIP.fullmatch(role) for role in texts(claims.get(f"{CLAIM}roles")))
    return LtiLaunch(
        context=course if isinstance(course, str) else "",
        title=display_name_of(context.get("title")),
        roles=frozenset(found[1].lower() for found in roles if found),
        deployment=deployment,
    )


def page_in_lab(link: object, *, lab_url: str) -> str:
    """
    The path of *link* if it leads into this lab, and to more than its front door; else empty.

    So a course in the platform can link to a course, or to a notebook, in the lab.
    """
    if not isinstance(link, str) or "\\" in link or not link.isprintable():
        return ""
    try:
        parts, lab = urlsplit(link), urlsplit(lab_url)
    except ValueError:  # such as ``https://[``
        return ""
    if (parts.scheme, parts.netloc.lower()) != (lab.scheme, lab.netloc.lower()):
        return ""
    path = "/" + parts.path.lstrip("/")
    if path.rstrip("/") in ("", "/hub") or path.startswith(("/hub/login", "/hub/logout")):
        return ""
    return f"{path}?{parts.query}" if parts.query else path
