#!/usr/bin/env python3
"""The Host Access Table over the wire: what a peer may do depends on where it
comes from.  All of 127.0.0.0/8 is loopback, so that one machine is many."""
from client import Client
from harness import Server, case, check, main, same

MUST = "530 5.7.0 Must issue a STARTTLS command first"

TABLE = """
$OPEN
    ACCEPT {
        tls = "off"
    }
$PARTNERS
    ACCEPT {
        tls = "required"
    }
$WATCHED
    ACCEPT {
        tls = "required"
        tls_observe = "on"
    }
$FEW
    ACCEPT {
        max_concurrency = 2
    }
$BLOCKED
    REJECT
PARTNERS:
    127.0.0.2
    127.0.1.0/24
        $PARTNERS (TLS agreed)
WATCHED:
    127.0.0.3
        $WATCHED
BLOCKED:
    127.0.0.4
        $BLOCKED
FEW:
    127.0.0.5-6
        $FEW
127.0.0.7
    TCPREFUSE (not a word)
ALL
    $OPEN
"""


@case
def required_for_one_network_and_off_for_another():
    with Server(hat=TABLE) as server:
        for partner in "127.0.0.2", "127.0.1.77":
            with Client(server.port(), source=partner) as client:
                client.expect("220 mx.example.org ")
                check("STARTTLS" in client.ask("EHLO a.example", "250-"), "")
                client.ask("MAIL FROM:<a@b.example>", MUST)
                client.starttls()
                client.ask("EHLO a.example", "250-")
                client.deliver()
                client.quit()
            line = server.connection(
                group="PARTNERS", policy="$PARTNERS", messages=1,
                refused="tls-required:1", end="quit")
            same(line.rule, "127.0.0.2" if partner == "127.0.0.2"
                 else "127.0.1.0/24")
        with Client(server.port(), source="127.0.2.2") as client:
            client.expect("220 ")
            check("STARTTLS" not in client.ask("EHLO a.example", "250-"), "")
            client.ask("STARTTLS", "502 5.5.1 ")
            client.deliver()
            client.quit()
        server.connection(group="none", policy="$OPEN", rule="ALL", tls="none",
                          messages=1, end="quit")
        same(len(server.mail.take_all()), 3)


@case
def what_required_would_have_refused_is_counted():
    with Server(hat=TABLE) as server:
        with Client(server.port(), source="127.0.0.3") as client:
            client.greeted()
            client.deliver()
            client.quit()
        server.connection(group="WATCHED", messages=1, observed=3,
                          refused="none", end="quit")


@case
def reject_is_a_554_greeting_and_503_after_it():
    with Server(hat=TABLE) as server:
        with Client(server.port(), source="127.0.0.4") as client:
            client.expect("554 mx.example.org ")
            client.ask("EHLO a.example", "503 5.5.1 ")
            client.ask("MAIL FROM:<a@b.example>", "503 5.5.1 ")
            client.quit()
        server.connection(group="BLOCKED", policy="$BLOCKED", rule="127.0.0.4",
                          messages=0)


@case
def tcprefuse_is_not_a_word():
    with Server(hat=TABLE) as server:
        with Client(server.port(), source="127.0.0.7") as client:
            client.demand_end()
        server.connection(group="none", policy="TCPREFUSE", rule="127.0.0.7",
                          messages=0)


@case
def max_concurrency_counts_each_address_over_all_workers():
    with Server("--workers", "2", hat=TABLE) as server:
        with Client(server.port(), source="127.0.0.5") as first, \
                Client(server.port(), source="127.0.0.5") as second, \
                Client(server.port(), source="127.0.0.6") as other:
            for client in first, second, other:
                client.greeted()
            with Client(server.port(), source="127.0.0.5") as third:
                third.expect("421 ")
                third.demand_end()
            server.connection(group="FEW", policy="$FEW", messages=0)
            second.quit()
            server.connection(end="quit")
            with Client(server.port(), source="127.0.0.5") as third:
                third.greeted()
                third.quit()
            server.connection(group="FEW", end="quit")


@case
def the_table_inherits_the_options():
    table = '$SMALL ACCEPT { max_message_size = 1000 }\n' \
            'SMALL: 127.0.0.2 $SMALL\nALL ACCEPT\n'
    with Server("--tls", "required", "--max-message-size", "5000",
                hat=table) as server:
        for source, size in ("127.0.0.2", "1000"), ("127.0.0.3", "5000"):
            with Client(server.port(), source=source) as client:
                client.greeted()
                client.ask("MAIL FROM:<a@b.example>", MUST)
                client.starttls()
                check(f"SIZE {size}" in client.ask("EHLO a.example", "250-"),
                      "not the size")
                client.quit()
            server.connection(policy="$SMALL" if size == "1000" else "ACCEPT")


@case
def the_listener_of_tls_has_the_table_too():
    with Server("--listen-tls", "127.0.0.1:0", hat=TABLE) as server:
        with Client(server.port("smtps"), source="127.0.0.2") as client:
            client.handshake()
            client.greeted()
            client.deliver()
            client.quit()
        server.connection(group="PARTNERS", messages=1, refused="none")
        with Client(server.port("smtps"), source="127.0.0.4") as client:
            client.handshake()
            client.expect("554 ")
            client.quit()
        server.connection(group="BLOCKED")


main()
