"""The guard's rules as text, and the container that keeps them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from crepre_hub.backends.docker.guard import (
    Guard,
    render_guard,
    render_guard_host_config,
    rules_digest,
)
from crepre_hub.backends.docker.guard_rules import Reach, render_rules, table_name
from crepre_hub.backends.docker.network import seat_network

NETWORK = seat_network("ml-lab")

INET = """\
table inet crepre_ml_lab { }
delete table inet crepre_ml_lab
table inet crepre_ml_lab {
    set seats_to_host_busy { typeof ip saddr; size 65535; flags dynamic; }
    set seats_outward_busy { typeof ip saddr; size 65535; flags dynamic; }

    chain to_host {
        type filter hook input priority -10; policy accept;
        iifname != "cr-ml-lab" accept
        meta nfproto ipv6 drop
        ip saddr != 10.231.0.0/20 drop
        ct direction reply ct state established,related accept
        ct state new add @seats_to_host_busy { ip saddr ct count over 2048 } drop
        ip daddr 10.231.0.1 tcp dport 8081 accept
        reject with icmp type admin-prohibited
    }

    chain through_host {
        type filter hook forward priority -10; policy accept;
        iifname "cr-ml-lab" oifname "cr-ml-lab" drop
        iifname "cr-ml-lab" goto outward
        oifname "cr-ml-lab" goto inward
    }

    chain inward {
        ct direction reply ct state established,related accept
        drop
    }

    chain outward {
        meta nfproto ipv6 drop
        ip saddr != 10.231.0.0/20 drop
        ip daddr 169.254.0.0/16 reject with icmp type admin-prohibited
        ct status dnat reject with icmp type admin-prohibited
        ct state new add @seats_outward_busy { ip saddr ct count over 2048 } drop
        ip daddr { 10.1.2.3/32 } accept
        ip daddr { 10.0.0.53/32 } meta l4proto { tcp, udp } th dport 53 accept
        ip daddr { 0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 172.16.0.0/12, \
192.168.0.0/16, 198.51.100.0/24, 224.0.0.0/3 } reject with icmp type admin-prohibited
        accept
    }
}
"""

BY_BRIDGE = """\
table bridge crepre_ml_lab { }
delete table bridge crepre_ml_lab
table bridge crepre_ml_lab {
    chain between_seats {
        type filter hook forward priority -200; policy accept;
        meta ibrname "cr-ml-lab" drop
    }
}
"""

BY_ADDRESS = """\
table bridge crepre_ml_lab { }
delete table bridge crepre_ml_lab
table bridge crepre_ml_lab {
    chain between_seats {
        type filter hook forward priority -200; policy accept;
        ip saddr 10.231.0.0/20 drop
        ip daddr 10.231.0.0/20 drop
        arp saddr ip 10.231.0.0/20 drop
        arp daddr ip 10.231.0.0/20 drop
    }
}
"""

REACH = Reach(
    allow=(IPv4Network("10.1.2.3/32"),),
    deny=(IPv4Network("198.51.100.0/24"),),
    resolvers=(IPv4Address("10.0.0.53"),),
)


def outward(reach: Reach) -> list[str]:
    """The rules for what leaves the host."""
    text = render_rules(NETWORK, reach).inet.split("chain outward {\n")[1]
    return [line.strip() for line in text.split("    }\n")[0].splitlines()]


def test_the_whole_text() -> None:
    """Every rule, word for word: this text decides what a class may reach."""
    rules = render_rules(NETWORK, REACH)
    assert rules.table == "crepre_ml_lab"
    assert rules.inet == INET
    assert rules.by_bridge == BY_BRIDGE
    assert rules.by_address == BY_ADDRESS


def test_without_the_internet_nothing_is_open_but_what_is_allowed() -> None:
    """A closed lab ends in a refusal, asks no resolver, and keeps what the admin allowed."""
    rules = outward(Reach(internet=False, allow=REACH.allow, resolvers=REACH.resolvers))
    assert rules[-1] == "reject with icmp type admin-prohibited"
    assert [rule for rule in rules if rule.endswith("accept")] == [
        "ip daddr { 10.1.2.3/32 } accept"
    ]


def test_nothing_opens_the_metadata_address() -> None:
    """The metadata address is refused before any exception is looked at."""
    rules = outward(Reach(allow=(IPv4Network("169.254.0.0/16"),)))
    refused = next(i for i, rule in enumerate(rules) if "169.254.0.0/16 } accept" in rule)
    assert rules.index("ip daddr 169.254.0.0/16 reject with icmp type admin-prohibited") < refused


def test_networks_that_overlap_are_merged() -> None:
    """A denied network inside a private one does not make the kernel refuse all rules."""
    inside = Reach(deny=(IPv4Network("10.5.0.0/16"), IPv4Network("192.168.1.0/24")))
    assert render_rules(NETWORK, inside) == render_rules(NETWORK, Reach())


def test_the_hub_port_is_the_only_open_one() -> None:
    """One rule of the host's side opens anything to a seat that begins to talk."""
    host_side = render_rules(NETWORK, REACH, hub_port=9000).inet.split("chain through_host")[0]
    accepting = [line.strip() for line in host_side.splitlines() if line.endswith(" accept")]
    assert accepting == [
        'iifname != "cr-ml-lab" accept',
        "ct direction reply ct state established,related accept",
        "ip daddr 10.231.0.1 tcp dport 9000 accept",
    ]


@pytest.mark.parametrize(
    ("lab", "expected"),
    [("lab", "crepre_lab"), ("ml-lab", "crepre_ml_lab"), ("ml_lab", "crepre_ml__lab")],
)
def test_table_names(lab: str, expected: str) -> None:
    """Tables are named after the lab, in characters that ``nft`` reads as one word."""
    assert table_name(lab) == expected


def test_the_guard_holds_one_capability() -> None:
    """The guard may set the firewall and nothing else, and writes to no disk."""
    asked = render_guard_host_config()
    assert asked["cap_drop"] == ["ALL"]
    assert asked["cap_add"] == ["NET_ADMIN"]
    assert asked["read_only"] is True
    assert asked["restart_policy"] == {"Name": "unless-stopped"}
    assert "binds" not in asked


def test_the_guard_carries_its_rules() -> None:
    """Rules travel in the environment, so that no folder of the host is mounted."""
    rendered = render_guard(Guard("crepre/guard", NETWORK, REACH))
    assert rendered["environment"]["GUARD_RULES"] == INET
    assert rendered["labels"]["crepre.lab"] == "ml-lab"


def test_other_rules_have_another_digest() -> None:
    """A change of what seats may reach is seen by the label alone."""
    one = Guard("crepre/guard", NETWORK, REACH)
    assert rules_digest(one) == rules_digest(Guard("another", NETWORK, REACH))
    assert rules_digest(one) != rules_digest(Guard("crepre/guard", NETWORK, Reach()))
    assert rules_digest(one) != rules_digest(Guard("crepre/guard", NETWORK, REACH, hub_port=9000))
