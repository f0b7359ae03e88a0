#!/usr/bin/env python3
"""A thousand messages, and a hundred in TLS, on two workers: not one that was
accepted is missing or damaged afterwards."""
import concurrent.futures
import os
import re

from client import Client
from harness import TOP, Server, Skip, case, check, main, run, same

SMTP_SOURCE = TOP / ".deps/bin/smtp-source"


@case
def smtp_source_delivers_a_thousand_messages():
    if not os.access(SMTP_SOURCE, os.X_OK):
        raise Skip("no smtp-source: tests/deps test")
    with Server("--workers", "2") as server:
        run(SMTP_SOURCE, "-s", "10", "-m", "1000", "-l", "3000",
            "-f", "a@b.example", "-t", "c@d.example", "-M", "client.example",
            "-S", "subject", f"inet:127.0.0.1:{server.port()}")
        for _ in range(1000):
            server.connection(tls="none", messages=1, refused="none",
                              end="quit")
        mails = server.mail.take_all()
    same(len(mails), 1000)
    bodies = {re.sub(rb"\nMessage-Id: <[^\n]*", b"", mail.message)
              for mail in mails}
    same(len(bodies), 1)
    check(len(bodies.pop()) > 2900, "shorter than it was sent")
    workers = {re.search(r" id M\d+P\d+W(\d)", mail.received)[1]
               for mail in mails}
    same(workers, {"0", "1"})


def deliver_five(server, number):
    with Client(server.port()) as client:
        client.secured()
        for count in range(5):
            client.deliver(text_of(number, count))
        client.quit()


def text_of(number, count):
    return (b"Subject: %d of %d\r\n\r\n" % (count, number)
            + b"%d %d\r\n" % (number, count) * 300)


@case
def a_hundred_messages_in_tls():
    with Server("--workers", "2", "--tls", "required") as server:
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda number: deliver_five(server, number),
                          range(20)))
        for _ in range(20):
            server.connection(messages=5, refused="none", end="quit")
        same(sorted(mail.message for mail in server.mail.take_all()),
             sorted(text_of(number, count).replace(b"\r\n", b"\n") + b"\n"
                    for number in range(20) for count in range(5)))


main()
