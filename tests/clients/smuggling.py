#!/usr/bin/env python3
"""Ends of data that are none (CVE-2023-51764 and its kin): only CRLF.CRLF ends
a message, wherever the network splits it, in the clear and in TLS."""
from client import Client, stored, stuffed
from harness import OWN_TLS, Server, case, check, main, same

# With a bare CR or LF: the answer to the real end is 554.
BARE = [b"\n.\n", b"\n.\r\n", b"\n.\r", b"\r.\n", b"\r.\r", b"\r.\r\n",
        b"\r\n.\n", b"\r\n.\r", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n",
        b"\r\n\r.\r\n", b"\r\n.\0\n", b"\n\n.\n\n", b"foo\n.\r\n", b".x\n",
        b"\r\n.\rX\r\n", b"\n", b"\r"]

# Without: data like any other, here as DATA takes it and as it is delivered.
DATA = [(b"\r\n\0.\r\n", b"\r\n\0.\r\n"), (b"\r\n.\0\r\n", b"\r\n\0\r\n"),
        (b"\r\n..\r\n", b"\r\n.\r\n"), (b"\r\n. \r\n", b"\r\n \r\n"),
        (b"\r\n .\r\n", b"\r\n .\r\n"), (b"\r\n.\t\r\n", b"\r\n\t\r\n"),
        (b"\r\n\r\n..\r\n\r\n", b"\r\n\r\n.\r\n\r\n"), (b".\r\n", b".\r\n")]

BEFORE = b"Subject: a\r\n\r\nbefore"
SMUGGLED = (b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<evil@d.example>\r\n"
            b"DATA\r\nSubject: evil\r\n\r\nbehind")
END = b"\r\n.\r\n"
TAKEN = "250 2.0.0 " + ("Ok" if OWN_TLS else "Stored as ")
GOOD = b"Subject: good\r\n\r\nand still in step"


def demand_mail(server, message):
    """Demands that |message|, as a Maildir has it, is all that was stored."""
    if server.mail:
        mail = server.mail.take()
        same(mail.message, message)
        same(mail.recipients, ["c@d.example"])


def splits(octets):
    """Yields |octets| whole, in two at each place, and octet by octet."""
    yield [octets]
    for at in range(1, len(octets)):
        yield [octets[:at], octets[at:]]
    yield [b"%c" % octet for octet in octets]


def demand_refused(client, pieces):
    """Demands that what looks like two messages in |pieces| is refused as
    one, and that the dialogue is in step behind it."""
    client.transaction()
    client.send(BEFORE)
    client.send_pieces(*pieces)
    client.send(SMUGGLED + END + b"NOOP\r\n")
    client.expect("554 5.6.0 ")
    client.expect("250 2.0.0 ")
    same(client.unread, b"")


def demand_all_refused(begin):
    with Server("--tls", "preferred") as server:
        for sequence in BARE:
            with Client(server.port()) as client:
                begin(client)
                count = 0
                for pieces in splits(sequence):
                    demand_refused(client, pieces)
                    count += 1
                client.deliver(GOOD)
                client.quit()
            server.connection(messages=1, end="quit",
                              refused=f"bare-line-end:{count}")
            demand_mail(server, stored(GOOD))


@case
def t33_no_bare_end_ends_a_message_in_the_clear():
    demand_all_refused(Client.greeted)


@case
def t33_no_bare_end_ends_a_message_in_tls():
    demand_all_refused(Client.secured)


def demand_data(begin):
    with Server("--tls", "preferred") as server:
        for sequence, data in DATA:
            with Client(server.port()) as client:
                begin(client)
                for pieces in splits(sequence):
                    client.transaction()
                    client.send(BEFORE)
                    client.send_pieces(*pieces)
                    client.send(SMUGGLED + END + b"NOOP\r\n")
                    client.expect(TAKEN)
                    client.expect("250 2.0.0 Ok")
                    demand_mail(server, stored(BEFORE + data + SMUGGLED))


@case
def t33_lines_that_only_look_like_the_end_in_the_clear():
    demand_data(Client.greeted)


@case
def t33_lines_that_only_look_like_the_end_in_tls():
    demand_data(Client.secured)


@case
def t33_the_real_end_at_every_split():
    with Server() as server:
        with Client(server.port()) as client:
            client.greeted()
            for pieces in splits(b"Subject: a\r\n\r\n..\r\n\r\n.\r\nNOOP\r\n"):
                client.transaction()
                client.send_pieces(*pieces)
                client.expect(TAKEN)
                client.expect("250 2.0.0 Ok")
                demand_mail(server, b"Subject: a\n\n.\n\n")


@case
def t33_an_empty_message():
    with Server() as server:
        with Client(server.port()) as client:
            client.greeted()
            for pieces in splits(b".\r\n"):
                client.transaction()
                client.send_pieces(*pieces)
                client.expect("250 2.0.0 ")
                demand_mail(server, b"")


@case
def t35_bare_ends_anywhere_are_refused_as_a_whole():
    """The session reads on: what stands behind the first one is no command,
    though a real command line, and the reason can be told from others."""
    text = (b"Subject: a\r\n\r\nfoo\n.\r\n.x\n..\r\n.\r\r\nRSET\r\n"
            b"QUIT\n\r\n..")
    with Server() as server:
        with Client(server.port()) as client:
            client.greeted()
            client.transaction()
            client.send(stuffed(text))
            reply = client.expect("554 5.6.0 ")
            check("CR or LF" in reply, reply)
            client.ask("DATA", "503 5.5.1 ")
            client.ask("RCPT TO:<c@d.example>", "503 5.5.1 ")
            client.deliver(GOOD)
            client.quit()
        server.connection(messages=1, refused="bad-sequence:2,bare-line-end:1")
        demand_mail(server, stored(GOOD))


main()
