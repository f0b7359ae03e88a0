#!/usr/bin/env python3
"""What the DNS says of a peer, and which entry of the table decides by it.  The
server's resolver is one that says what a case has scripted."""
import contextlib
import socket
import struct
import time

from client import Client
from dns_server import (GARBAGE, HELD, REFUSED, RETRIED, SERVFAIL, SILENT,
                        TRUNCATED, DnsServer, reverse)
from harness import Server, Skip, case, check, main, same

MUST = "530 5.7.0 Must issue a STARTTLS command first"

TABLE = """
$OPEN
    ACCEPT
$PARTNERS
    ACCEPT {
        tls = "required"
    }
$BLOCKED
    REJECT
127.0.0.9
    ACCEPT (nothing need be known)
PARTNERS:
    .partner.example
        $PARTNERS
NAMELESS:
    unverified[none]
        $OPEN
BROKEN:
    unverified[temporary]
        $OPEN
LIARS:
    unverified[mismatch]
        $OPEN
ALL
    $OPEN
"""

LISTS = """
$OPEN ACCEPT
$BLOCKED REJECT
FIRST:
    dnslist[one.list.example]
        $BLOCKED
SECOND:
    dnslist[two.list.example]
        $BLOCKED
ALL
    $OPEN
"""

PEER = "127.0.0.2"
PTR = reverse(PEER)


@contextlib.contextmanager
def world(*options, hat=TABLE):
    """A resolver, and a shakod that asks it."""
    with DnsServer() as dns, \
            Server("--resolver", dns.at, *options, hat=hat) as server:
        yield dns, server


def connect(server, source=PEER, **more):
    return Client(server.port(), source=source, **more)


def reset(client):
    """Has the connection end with a reset when it is closed."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))


def demand_group(server, group, source=PEER):
    """Demands that a peer comes to be in |group|."""
    with connect(server, source) as client:
        client.greeted()
        client.quit()
    server.connection(group=group, end="quit")


@case
def a_verified_name_gets_its_policy():
    with world() as (dns, server):
        for name in "mx.partner.example", "MX.Partner.EXAMPLE":
            dns.host(PEER, name)
            with connect(server) as client:
                client.greeted()
                client.ask("MAIL FROM:<a@b.example>", MUST)
                client.starttls()
                client.ask("EHLO a.example", "250-")
                client.deliver()
                client.quit()
            server.connection(group="PARTNERS", policy="$PARTNERS",
                              rule=".partner.example", messages=1)
        dns.host(PEER, "partner.example")  # not under itself
        demand_group(server, "none")


@case
def an_address_asks_nothing():
    with world() as (dns, server):
        with connect(server, "127.0.0.9") as client:
            client.greeted()
            client.quit()
        server.connection(rule="127.0.0.9", policy="ACCEPT")
        same(dns.asked, [])


@case
def no_ptr_is_none():
    with world() as (dns, server):
        demand_group(server, "NAMELESS")  # NXDOMAIN
        dns.say(PTR, "A", "192.0.2.1")  # the name is there, without a PTR
        demand_group(server, "NAMELESS")
        same([kind for _, kind in dns.asked], ["PTR", "PTR"])


@case
def a_server_that_fails_is_temporary():
    with world("--lookup-timeout", "1") as (dns, server):
        for how in SERVFAIL, REFUSED, GARBAGE, SILENT:
            dns.host(PEER, "mx.partner.example", how=how)
            demand_group(server, "BROKEN")
        dns.host(PEER, "mx.partner.example")
        for how in SERVFAIL, SILENT:
            dns.say("mx.partner.example", "A", PEER, how=how)
            demand_group(server, "BROKEN")


@case
def a_name_that_has_another_address_is_mismatch():
    with world() as (dns, server):
        dns.host(PEER, "mx.partner.example")
        dns.say("mx.partner.example", "A", "127.0.0.3", "127.0.0.4")
        demand_group(server, "LIARS")
        dns.say("mx.partner.example", "A")  # none of this type
        demand_group(server, "LIARS")
        del dns.records["mx.partner.example", "A"]  # no such name
        demand_group(server, "LIARS")


@case
def one_of_several_names_suffices():
    with world() as (dns, server):
        dns.say(PTR, "PTR", "one.example", "two.example", "mx.partner.example")
        dns.say("one.example", "A", "127.0.0.3")
        dns.say("two.example", "A", PEER, how=SERVFAIL)
        dns.say("mx.partner.example", "A", "127.0.0.3", PEER)
        demand_group(server, "PARTNERS")
        dns.say("mx.partner.example", "A", "127.0.0.3")
        demand_group(server, "BROKEN")  # the second name could have agreed
        dns.say("two.example", "A", "127.0.0.3")
        demand_group(server, "LIARS")


@case
def ten_names_are_tried():
    with world() as (dns, server):
        names = [f"n{number}.example" for number in range(9)]
        dns.say("mx.partner.example", "A", PEER)
        for name in names:
            dns.say(name, "A", "127.0.0.3")
        dns.say(PTR, "PTR", *names, "mx.partner.example")
        demand_group(server, "PARTNERS")
        dns.say(PTR, "PTR", "ten.example", *names, "mx.partner.example")
        dns.say("ten.example", "A", "127.0.0.3")
        demand_group(server, "LIARS")


@case
def an_alias_is_followed():
    """As where a network of fewer than 256 addresses has a zone of its own
    (RFC 2317)."""
    with world() as (dns, server):
        alias = "2.0-15." + PTR.split(".", 1)[1]
        dns.say(PTR, "PTR")
        dns.records[PTR, "PTR"] = [(PTR, "CNAME", alias),
                                   (alias, "PTR", "mx.partner.example")]
        dns.say("mx.partner.example", "A")
        dns.records["mx.partner.example", "A"] = [
            ("mx.partner.example", "CNAME", "host.example"),
            ("host.example", "A", PEER)]
        demand_group(server, "PARTNERS")


@case
def what_is_truncated_is_asked_again_over_tcp():
    with world() as (dns, server):
        dns.host(PEER, "mx.partner.example", how=TRUNCATED)
        demand_group(server, "PARTNERS")
        same(dns.tcp_asked, 1)


@case
def ipv6():
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError as error:
            raise Skip(f"no IPv6: {error}") from error
    table = "FIRST: dnslist[list.example] REJECT\n" + TABLE
    with world("--listen", "[::1]:0", hat=table) as (dns, server):
        dns.host("::1", "mx.partner.example")
        with Client(server.port(), host="::1") as client:
            client.greeted()
            client.quit()
        server.connection(group="PARTNERS")
        dns.wait_for(reverse("::1", "list.example"), "A")
        dns.wait_for("mx.partner.example", "AAAA")


@case
def a_list_that_holds_the_address():
    with world(hat=LISTS) as (dns, server):
        one, two = (reverse(PEER, f"{zone}.list.example")
                    for zone in ("one", "two"))
        demand_group(server, "none")
        dns.say(two, "A", "127.0.0.2")
        with connect(server) as client:
            client.expect("554 ")
            client.quit()
        server.connection(group="SECOND", rule="dnslist[two.list.example]")
        dns.say(one, "A", "192.0.2.1", "127.0.0.10")
        with connect(server) as client:
            client.expect("554 ")
            client.quit()
        server.connection(group="FIRST", rule="dnslist[one.list.example]")
        demand_group(server, "none", "127.0.0.3")


@case
def a_list_that_says_anything_else():
    with world("--lookup-timeout", "1", hat=LISTS) as (dns, server):
        one = reverse(PEER, "one.list.example")
        dns.say(one, "A", "192.0.2.1")
        demand_group(server, "none")
        dns.say(one, "A", "127.255.255.254")  # "you must not ask me"
        demand_group(server, "none")
        for how in SERVFAIL, REFUSED, GARBAGE:
            dns.say(one, "A", "127.0.0.2", how=how)
            demand_group(server, "none")


@case
def all_is_asked_at_once():
    table = LISTS.replace("ALL\n", "NAMED: .partner.example $OPEN\nALL\n")
    with world(hat=table) as (dns, server):
        dns.host(PEER, "mx.partner.example", how=HELD)
        names = [reverse(PEER, f"{zone}.list.example")
                 for zone in ("one", "two")]
        for name in names:
            dns.say(name, "A", how=HELD)
        with connect(server) as client:
            for name in names:
                dns.wait_for(name, "A")
            dns.wait_for(PTR, "PTR")
            dns.release()
            client.greeted()
            client.quit()
        server.connection(group="NAMED")


@case
def a_resolver_that_hangs_delays_its_own_session_only():
    with world() as (dns, server):
        dns.host(PEER, "mx.partner.example", how=HELD)
        dns.host("127.0.0.3", "other.partner.example")
        with connect(server) as waiting:
            waiting.send(b"EHLO early.example\r\n")
            dns.wait_for(PTR, "PTR")
            with connect(server, "127.0.0.9") as known:
                known.greeted()
                known.deliver()
                known.quit()
            server.connection(messages=1)
            demand_group(server, "PARTNERS", "127.0.0.3")
            dns.release()
            # What came before the greeting is still refused.
            waiting.expect("554 mx.example.org ")
            waiting.demand_end()
        server.connection(group="PARTNERS")


@case
def the_limit_is_for_all_of_it():
    """PTR answers, the names do not: what is known by then counts."""
    with world("--lookup-timeout", "1") as (dns, server):
        dns.say(PTR, "PTR", "silent.example", "mx.partner.example")
        dns.say("silent.example", "A", PEER, how=SILENT)
        dns.say("mx.partner.example", "A", PEER)
        begin = time.monotonic()
        demand_group(server, "PARTNERS")
        check(time.monotonic() - begin < 9, "as if it were the default")
        demand_group(server, "NAMELESS", "127.0.0.3")
        # The limit ends what began a third of it later.
        dns.host("127.0.0.4", "silent.example", how=RETRIED)
        dns.say("silent.example", "A", PEER, how=SILENT)
        demand_group(server, "BROKEN", "127.0.0.4")


@case
def an_answer_that_comes_after_the_client_left_is_ignored():
    with world() as (dns, server):
        dns.host(PEER, "mx.partner.example", how=HELD)
        with connect(server) as client:
            dns.wait_for(PTR, "PTR")
            reset(client)
        server.connection(messages=0, end="lost")
        dns.release()
        dns.host(PEER, "mx.partner.example")
        demand_group(server, "PARTNERS")


@case
def a_stop_does_not_wait_for_the_dns():
    with world("--lookup-timeout", "60") as (dns, server):
        dns.host(PEER, "mx.partner.example", how=SILENT)
        with connect(server) as client:
            dns.wait_for(PTR, "PTR")
            server.signal()
            check(client.rest()[:4] in (b"", b"421 "), "strange last words")
        server.stop()
        server.connection(messages=0, end="shutdown")


@case
def nobody_listens_at_the_resolver():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        at = "127.0.0.1:%d" % free.getsockname()[1]
    with Server("--resolver", at, "--lookup-timeout", "1",
                hat=TABLE) as server:
        demand_group(server, "BROKEN")


@case
def score_and_owner_are_not_to_be_had():
    table = "$OPEN ACCEPT\nGOOD: SBRS[0.0:10.0] $OPEN\nOWNED: SBO:7 $OPEN\n" \
            "UNKNOWN: SBRS[none] $OPEN\nALL $OPEN\n"
    with world(hat=table) as (dns, server):
        demand_group(server, "UNKNOWN")
        same(dns.asked, [])


main()
