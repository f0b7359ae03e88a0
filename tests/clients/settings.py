#!/usr/bin/env python3
"""The three TLS settings over the wire, and STARTTLS in each (RFC 3207)."""
from client import Client
from harness import Server, case, check, main, same

MUST = "530 5.7.0 Must issue a STARTTLS command first"

LONG = b"x" * 4000

# Command, and the reply to it where Required does not stand in its way; before
# EHLO and behind it where they differ.  Nothing here changes the state.
REFUSED = [
    (b"HELO", "501 5.5.4 "),
    (b"RSET", "250 2.0.0 "),
    (b"RSET x", "501 5.5.4 "),
    (b"MAIL", "503 5.5.1 ", "501 5.5.4 "),
    (b"mAiL", "503 5.5.1 ", "501 5.5.4 "),
    (b"RCPT TO:<c@d.example>", "503 5.5.1 "),
    (b"DATA", "503 5.5.1 "),
    (b"VRFY postmaster", "252 2.5.0 "),
    (b"EXPN", "501 5.5.4 "),
    (b"HELP", "214 2.0.0 "),
    (b"AUTH PLAIN AGEAYg==", "502 5.5.1 "),
    (b"BDAT 0 LAST", "502 5.5.1 ", "503 5.5.1 "),
    # Six octets with their CRLF, which are no command.
    (b"BDAT 6\r\nRSET", "502 5.5.1 ", "503 5.5.1 "),
    (b"LHLO client.example", "500 5.5.2 "),
    (b"XCLIENT NAME=a", "500 5.5.2 "),
    (b"XYZZY", "500 5.5.2 "),
    (b"", "500 5.5.2 "),
    (b" RSET", "500 5.5.2 "),
    (b"RSE\0", "500 5.5.2 "),
    (b"RSET\nQUIT", "500 5.5.2 "),
    (b"RSET\rQUIT", "500 5.5.2 "),
    (b"\xff\xfe", "500 5.5.2 "),
    (b"VRFY a\0b", "501 5.5.2 "),
    (b"VRFY a\nQUIT", "501 5.5.2 "),
    (b"RCPT TO:<c\xe9@d.example>", "503 5.5.1 "),
    (b"VRFY " + LONG, "500 5.5.2 "),
    (LONG, "500 5.5.2 "),
]

# The same of the four that pass before TLS.
FREE = [
    (b"NOOP", "250 2.0.0 "),
    (b"nOoP anything", "250 2.0.0 "),
    (b"NOOP a\0b", "501 5.5.2 "),
    (b"NOOP " + LONG, "500 5.5.2 "),
    (b"EHLO", "501 5.5.4 "),
    (b"EHLO a\0b", "501 5.5.2 "),
    (b"QUIT x", "501 5.5.4 "),
]

# One reply, and the end.
FOREIGN = [b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"CONNECT a:25 HTTP/1.1",
           b"put /", b"Host: a", b"User-Agent: b", b"From: a@b.example"]


def demand_matrix(port, required):
    with Client(port) as client:
        client.expect("220 mx.example.org ")
        for greeted in False, True:
            for command, *replies in REFUSED:
                client.ask(command, MUST if required
                           else replies[-1 if greeted else 0])
            for command, reply in FREE:
                client.ask(command, reply)
            client.ask("EHLO client.example", "250-mx.example.org\n")
        client.quit()


@case
def t28_required_matrix():
    with Server("--tls", "required") as server:
        demand_matrix(server.port(), True)
        line = server.connection(tls="none", messages=0, end="quit")
        check(line.refused.startswith(f"tls-required:{2 * len(REFUSED)},"),
              line.refused)


@case
def c006_preferred_and_no_serve_all_in_the_clear():
    for setting in "no", "preferred":
        with Server("--tls", setting) as server:
            demand_matrix(server.port(), False)
            line = server.connection(tls="none", end="quit")
            check("tls-required" not in line.refused, line.refused)


@case
def t62_foreign_commands_get_one_reply_and_the_end():
    for setting, reply in ("no", "500 5.5.2 "), ("required", MUST):
        with Server("--tls", setting) as server:
            for command in FOREIGN:
                with Client(server.port()) as client:
                    client.expect("220 ")
                    client.ask(command + b"\r\nNOOP\r\nHost: b", reply)
                    client.demand_end()
                reason = "unknown-command" if setting == "no" \
                    else "tls-required"
                server.connection(refused=reason + ":1", end=reason)


@case
def t28_bdat_without_a_size_ends_the_connection():
    for setting, reply in ("no", "501 5.5.4 "), ("required", MUST):
        with Server("--tls", setting) as server:
            for size in b"", b" x", b" -1", b" 99999999999999999999", b" 1\0":
                with Client(server.port()) as client:
                    client.expect("220 ")
                    client.ask(b"BDAT" + size + b"\r\nNOOP",
                               reply if b"\0" not in size or setting != "no"
                               else "501 5.5.2 ")
                    client.demand_end()


@case
def t28_refusals_count_towards_the_error_limit():
    with Server("--tls", "required") as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            client.send(b"RSET\r\n" * 150)
            for _ in range(100):
                same(client.reply(), MUST)
            client.expect("421 4.7.0 ")
            client.demand_end()
        server.connection(tls="none", refused="tls-required:100",
                          end="too-many-errors")


def keywords(reply):
    """Returns what a reply to EHLO offers."""
    return {line[4:] for line in reply.split("\n")[1:]}


@case
def c005_the_default_is_no():
    with Server() as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            reply = client.ask("EHLO client.example", "250-")
            check("STARTTLS" not in keywords(reply), reply)
            client.deliver()
            client.quit()
        server.connection(tls="none", messages=1, refused="none", end="quit")
        check(not any("WARNING" in line for line in server.lines),
              "a warning about a certificate that nobody sees")


@case
def c001_starttls_is_offered_until_it_is_used():
    for setting in "preferred", "required":
        with Server("--tls", setting) as server:
            with Client(server.port()) as client:
                client.expect("220 ")
                before = keywords(client.ask("EHLO client.example", "250-"))
                client.starttls()
                inside = keywords(client.ask("EHLO client.example", "250-"))
                same(before - inside, {"STARTTLS"})
                same(inside - before, set())


@case
def t11_starttls_under_no():
    with Server("--tls", "no") as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            client.ask("STARTTLS", "502 5.5.1 ")
            client.ask("HELO client.example", "250 ")
            client.ask("STARTTLS", "502 5.5.1 ")
            client.ask("EHLO client.example", "250-")
            client.ask("STARTTLS foo", "502 5.5.1 ")
            client.ask("MAIL FROM:<>", "250 ")
            client.ask("STARTTLS", "502 5.5.1 ")
            client.send(b"STARTTLS\r\nNOOP\r\n")  # a command like any other
            client.expect("502 5.5.1 ")
            client.expect("250 2.0.0 ")
            client.quit()
        server.connection(tls="none", refused="tls-not-offered:5", end="quit")


@case
def t11_starttls_out_of_sequence():
    with Server("--tls", "preferred") as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            client.ask("STARTTLS", "503 5.5.1 ")
            client.ask("STARTTLS foo", "503 5.5.1 ")
            client.ask("HELO client.example", "250 ")
            client.ask("STARTTLS", "503 5.5.1 ")
            client.ask("EHLO client.example", "250-")
            client.ask("MAIL FROM:<>", "250 ")
            client.ask("STARTTLS", "503 5.5.1 ")
            client.ask("RCPT TO:<c@d.example>", "250 ")
            client.ask("STARTTLS", "503 5.5.1 ")
            client.ask("RSET", "250 ")
            client.starttls()
            client.ask("STARTTLS", "503 5.5.1 ")
            client.ask("EHLO client.example", "250-")
            client.ask("STARTTLS", "503 5.5.1 ")
            client.quit()
        server.connection(refused="bad-sequence:7", end="quit")


@case
def t11_starttls_before_ehlo_under_required():
    with Server("--tls", "required") as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            client.ask("STARTTLS", "503 5.5.1 ")
            client.ask("HELO client.example", MUST)
            client.ask("STARTTLS", "503 5.5.1 ")


@case
def t10_starttls_takes_no_parameter():
    for command in "STARTTLS", "sTaRtTlS", "STARTTLS  \t ":
        with Server("--tls", "required") as server:
            with Client(server.port()) as client:
                client.greeted()
                client.ask("STARTTLS foo", "501 5.5.4 ")
                client.ask(command, "220 2.0.0 ")
                client.handshake()
                client.ask("NOOP", "250 2.0.0 ")


@case
def t06_nothing_survives_the_handshake():
    with Server("--tls", "preferred") as server:
        with Client(server.port()) as client:
            client.greeted()
            client.starttls()
            client.ask("MAIL FROM:<a@b.example>", "503 5.5.1 ")
            client.ask("RCPT TO:<c@d.example>", "503 5.5.1 ")
            client.ask("DATA", "503 5.5.1 ")
            client.ask("EHLO inside.example", "250-")
            client.ask("RCPT TO:<c@d.example>", "503 5.5.1 ")
            client.deliver()
            client.quit()
        check("from inside.example " in server.mail.take().received, "EHLO")


@case
def t28_after_tls_required_serves_all():
    with Server("--tls", "required", "--listen", "127.0.0.1:0",
                "--listen-tls", "127.0.0.1:0") as server:
        for kind in "smtp", "smtps":
            with Client(server.port(kind)) as client:
                if kind == "smtps":
                    client.handshake()
                    client.expect("220 mx.example.org ")
                else:
                    client.greeted().starttls()
                for command, *replies in REFUSED:
                    client.ask(command, replies[0])
                client.ask("EHLO client.example", "250-")
                client.ask("STARTTLS", "503 5.5.1 ")
                client.ask("HELO client.example", "250 mx.example.org")
                client.deliver()
                client.quit()
                check(client.tls.notified, "no close_notify")
            line = server.connection(messages=1, end="quit")
            check("tls-required" not in line.refused, line.refused)
            check(line.tls.startswith("TLSv1.3,TLS_"), line.tls)


main()
