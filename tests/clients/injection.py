#!/usr/bin/env python3
"""Clear text around STARTTLS (RFC 3207 4, CVE-2011-0411): nothing behind its
line is ever parsed or answered, neither in the clear nor in TLS."""
import ssl

from client import Client, client_hello
from harness import Server, case, check, main, same

# What an attacker in the middle puts behind the line.
INJECTED = [b"NOOP\r\n", b"NOOP", b"\r\n", b"x", b"\0", b"RSET\r\n",
            b"EHLO evil.example\r\nMAIL FROM:<evil@b.example>\r\n"
            b"RCPT TO:<c@d.example>\r\nDATA\r\n",
            b"AUTH PLAIN AGEAYg==\r\n", b"QUIT\r\n", b"STARTTLS\r\n",
            b"BDAT 4 LAST\r\nevil", b"x" * 5000]


def servers():
    """Yields a server that offers STARTTLS, and one that requires it."""
    for setting in "preferred", "required":
        with Server("--tls", setting) as server:
            yield server
            if server.mail:
                server.mail.demand_empty()


def demand_injected(server, client):
    client.expect("554 5.5.0 ")
    client.demand_end()
    server.connection(tls="none", messages=0, refused="injected-bytes:1",
                      end="injected-bytes")


def demand_either(server, client):
    """Demands one of the two permitted ends: the octets were in hand when the
    line was taken, or came later, when they are TLS's."""
    rest = client.rest()
    line = server.connection(messages=0)
    if line.end == "injected-bytes":
        check(rest.startswith(b"554 5.5.0 "), rest)
        line.demand(refused="injected-bytes:1", tls="none")
    else:
        check(rest.startswith(b"220 2.0.0 "), rest)
        line.demand(tls="failed:not-tls", refused="none", end="tls-failed")
    same(rest.count(b"\r\n"), 1)
    check(rest.endswith(b"\r\n"), rest)
    return line.end


@case
def t01_octets_behind_starttls_in_one_write():
    for server in servers():
        for octets in INJECTED + [client_hello()]:
            with Client(server.port()) as client:
                client.greeted()
                client.send(b"STARTTLS\r\n" + octets)
                demand_injected(server, client)


@case
def t01_a_whole_pipeline_in_one_write():
    for server in servers():
        for octets in INJECTED:
            with Client(server.port()) as client:
                client.greeted()
                client.send(b"NOOP\r\nSTARTTLS\r\n" + octets)
                client.expect("250 2.0.0 ")
                demand_injected(server, client)


@case
def t02_half_a_command_then_a_handshake():
    for server in servers():
        with Client(server.port()) as client:
            client.greeted()
            client.send(b"STARTTLS\r\nNOOP ")
            client.settle()
            client.send(client_hello() + b"\r\nEHLO x\r\n")
            demand_injected(server, client)
        with Client(server.port()) as client:
            client.greeted()
            client.ask("STARTTLS", "220 2.0.0 ")
            client.send(b"NOOP ")
            client.send(client_hello())
            client.demand_end()
            server.connection(tls="failed:not-tls", end="tls-failed")


@case
def t03_octets_after_the_220_belong_to_tls():
    for server in servers():
        for octets in INJECTED:
            if len(octets) < 5:
                continue  # not even the head of a record: TLS waits for it
            with Client(server.port()) as client:
                client.greeted()
                client.ask("STARTTLS", "220 2.0.0 ")
                client.send(octets)
                client.demand_end()
            server.connection(tls="failed:not-tls", messages=0,
                              refused="none", end="tls-failed")


@case
def t03_the_same_octet_by_octet():
    for server in servers():
        with Client(server.port()) as client:
            client.greeted()
            client.ask("STARTTLS", "220 2.0.0 ")
            client.send_pieces(*[b"%c" % octet for octet in INJECTED[6]])
            client.demand_end()
        server.connection(tls="failed:not-tls", messages=0, refused="none",
                          end="tls-failed")


@case
def t03_split_writes_at_every_octet():
    flight = b"STARTTLS\r\nNOOP\r\nMAIL FROM:<evil@b.example>\r\n"
    ends = set()
    for server in servers():
        for at in range(1, len(flight)):
            for send in "at once", "when read":
                with Client(server.port()) as client:
                    client.greeted()
                    client.send(flight[:at])
                    if send == "when read":
                        client.settle()
                    client.send(flight[at:])
                    ends.add(demand_either(server, client))
    same(ends, {"injected-bytes", "tls-failed"})


@case
def t03_the_whole_flight_octet_by_octet():
    flight = b"STARTTLS\r\nNOOP\r\n"
    for server in servers():
        with Client(server.port()) as client:
            client.greeted()
            client.send_pieces(*[b"%c" % octet for octet in flight])
            demand_either(server, client)


@case
def t03_after_a_refused_starttls_they_are_commands():
    with Server("--tls", "preferred") as server:
        with Client(server.port()) as client:
            client.greeted()
            client.send(b"STARTTLS foo\r\nNOOP\r\nRSET\r\n")
            client.expect("501 5.5.4 ")
            client.expect("250 2.0.0 ")
            client.expect("250 2.0.0 ")
            client.starttls()
            client.ask("NOOP", "250 2.0.0 ")


@case
def t05_nothing_is_executed_before_the_upgrade_either():
    evil = (b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
            b"Subject: evil\r\n\r\n.\r\nQUIT\r\n")
    for server in servers():
        with Client(server.port()) as client:
            client.greeted()
            client.send(b"STARTTLS\r\n" + evil)
            demand_injected(server, client)
        with Client(server.port()) as client:
            client.greeted()
            client.send(b"STARTTLS\r\n")
            client.send(evil)
            demand_either(server, client)


@case
def x03_records_only_after_the_220():
    """The first record of clear text inside a good handshake ends it too."""
    for server in servers():
        with Client(server.port()) as client:
            client.greeted().starttls()
            client.ask("EHLO client.example", "250-")
            client.send_raw(b"NOOP\r\n")
            try:
                client.rest()
            except ssl.SSLError:
                pass  # the alert
            same(client.unread, b"")
        server.connection(messages=0, refused="none", end="tls-failed")


main()
