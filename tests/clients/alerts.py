#!/usr/bin/env python3
"""What shakod alerts to, and whom: messages in a Maildir."""
import email
import email.utils
import pathlib
import re
import shutil
import socket
import tempfile
import threading
import time

from authority import expired, made, until
from client import Client
from harness import (CERTIFICATES, CONFIG, ENGINE, SHAKOD, TIMEOUT, Server,
                     case, check, main, run, same)

TABLE = """
$REQUIRED
    ACCEPT {
        tls = "required"
    }
$OBSERVED
    ACCEPT {
        tls = "required"
        tls_observe = "on"
    }
$PREFERRED
    ACCEPT {
        tls = "preferred"
    }
$BLOCKED
    REJECT
PARTNERS:
    127.0.0.2
        $REQUIRED
BANKS:
    127.0.0.3
        $REQUIRED
WATCHED:
    127.0.0.4
        $OBSERVED
ENEMIES:
    127.0.0.5
        $BLOCKED
ALL
    $PREFERRED
"""

CONFIGURATION = """
discard = true
hostname = "mx.example.org"
engine = "{engine}"
workers = 2
alert_maildir = "alerts"
{more}
listener "smtp" {{
  listen = {{"127.0.0.1:0"}}
  hat = "peers.hat"
  {listener}
}}
"""

CERTIFICATE = (f'certificate = "{CERTIFICATES / "ecdsa.pem"}"\n'
               f'  key = "{CERTIFICATES / "ecdsa.key"}"')

ADMIN = 'alert "admin@example.org" { wants = "System/Warning" }\n'

MISSING = "Hosts that must use TLS do not: sender group "
CROWD = "Hosts begin more TLS handshakes than their policy allows"


def configuration(more=ADMIN, listener=CERTIFICATE):
    return CONFIGURATION.format(engine=ENGINE or "mbedtls", more=more,
                                listener=listener)


class Alerting(Server):
    """A shakod that alerts, and the messages that it has stored."""

    def __init__(self, *given, table=TABLE):
        super().__init__(config=configuration(*given),
                         files={"peers.hat": table})
        self.seen = 0  # alerts

    def alert(self, text):
        """Waits for the next alert, which is |text|; returns its message."""
        self.seen += 1
        line = self.line("shakod: alert", self.seen)
        check(re.fullmatch(r"shakod: alert: [A-Z][a-z]+: " + re.escape(text),
                           line), f"{line!r} is not {text!r}")
        return self.messages()[self.seen - 1]

    def messages(self):
        """Returns the messages that were stored, the oldest first."""
        folder = self.folder / "alerts"
        files = sorted((folder / "new").iterdir(), key=lambda file: int(
            re.search(r"Q(\d+)\.", file.name)[1]))
        return [email.message_from_bytes(file.read_bytes()) for file in files]

    def demand_alerts(self, count):
        """Ends shakod, which is to have told of |count| alerts."""
        self.stop()
        same(len([line for line in self.lines
                  if line.startswith("shakod: alert")]), count)
        same(len(self.messages()), count)
        same(list((self.folder / "alerts/tmp").iterdir()), [])


def in_clear(server, source):
    """Wants to deliver without TLS."""
    with Client(server.port(), source=source) as client:
        client.greeted()
        client.send(b"MAIL FROM:<a@b.example>\r\n")
        client.reply()
        client.quit()


def crowd(server, count):
    """Has |count| hosts of PARTNERS want that at once."""
    threads = [threading.Thread(target=in_clear, args=(server, "127.0.0.2"))
               for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def failing(server, source):
    """Says something else than TLS behind the 220."""
    with Client(server.port(), source=source) as client:
        client.greeted().ask("STARTTLS", "220 2.0.0 ")
        client.send(b"EHLO again\r\n")
        client.rest()


def total(message):
    """Returns how often it happened, and how often since it was told last."""
    found = re.search(r"It happened (\d+) times, (\d+) of them since",
                      message.get_payload())
    return tuple(map(int, found.groups())) if found else (1, 1)


@case
def a_peer_that_must_use_tls_and_does_not():
    more = (ADMIN + 'alert "second@example.org" { }\n'
            'alert "third@example.org" { wants = "System/Critical" }\n'
            'alert_from = "guard@example.org"\n')
    with Alerting(more) as server:
        in_clear(server, "127.0.0.2")
        message = server.alert(MISSING + "PARTNERS")
        same(message["To"], "admin@example.org,\n second@example.org")
        same(message["From"], "guard@example.org")
        same(message["Subject"].replace("\n", ""),
             f"Warning-mx.example.org: (System) {MISSING}PARTNERS")
        text = message.get_payload()
        check("Last host: 127.0.0.2\n" in text, text)
        check("Reason: it did not start TLS\n" in text, text)
        same(total(message), (1, 1))
        then = email.utils.parsedate_to_datetime(message["Date"]).timestamp()
        check(abs(time.time() - then) < TIMEOUT, message["Date"])
        in_clear(server, "127.0.0.2")  # it was told of these
        failing(server, "127.0.0.3")
        message = server.alert(MISSING + "BANKS")
        check("Reason: TLS failed: not-tls\n" in message.get_payload(),
              message.get_payload())
        server.demand_alerts(2)


@case
def who_does_as_he_must_raises_nothing():
    with Alerting() as server:
        for source in "127.0.0.1", "127.0.0.4":
            in_clear(server, source)
            failing(server, source)
        with Client(server.port(), source="127.0.0.5") as client:
            client.expect("554 ")
            client.quit()
        for source in "127.0.0.1", "127.0.0.2", "127.0.0.4":
            with Client(server.port(), source=source) as client:
                client.secured()
                client.deliver()
                client.quit()
        server.demand_alerts(0)


@case
def health_checks_raise_nothing():
    listener = CERTIFICATE + '\n  policy { idle_timeout = 1 }\n}' + (
        '\nlistener "tls" {\n  implicit_tls = true\n'
        f'  listen = {{"127.0.0.1:0"}}\n  {CERTIFICATE}')
    with Alerting(ADMIN, listener) as server:
        for commands in (), ("NOOP", "QUIT"), ("EHLO a.example", "QUIT"):
            with Client(server.port(), source="127.0.0.2") as client:
                client.expect("220 ")
                for command in commands:
                    client.ask(command, "2")
        with Client(server.port(), source="127.0.0.2") as client:
            client.expect("220 ")
            client.expect("421 ")
        socket.create_connection(("127.0.0.1", server.port("tls"))).close()
        server.line(" end=", 5)
        server.demand_alerts(0)


@case
def nobody_is_told_what_nobody_wants():
    with Alerting('alert "a@example.org" { wants = "System/Critical, '
                  'Message Delivery" }') as server:
        in_clear(server, "127.0.0.2")
        server.demand_alerts(0)
    with Alerting("") as server:
        in_clear(server, "127.0.0.2")
        server.demand_alerts(0)


@case
def duplicates_are_told_together():
    with Alerting(ADMIN + "alert_wait = 1\nalert_max_wait = 1\n") as server:
        in_clear(server, "127.0.0.2")
        server.alert(MISSING + "PARTNERS")
        crowd(server, 20)
        seen = 1
        while seen < 21:
            message = server.alert(MISSING + "PARTNERS")
            happened, since = total(message)
            same(happened, seen + since)
            seen = happened
            if happened > 1:
                first, last = (email.utils.parsedate_to_datetime(re.search(
                    rf"{word}: (.*)", message.get_payload())[1])
                    for word in ("First", "Last"))
                check(first <= last, message.get_payload())
        same(seen, 21)


@case
def a_threshold_is_awaited_for_each_group():
    with Alerting(ADMIN + "alert_threshold = 3\n") as server:
        for source in "127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.3":
            in_clear(server, source)
        failing(server, "127.0.0.3")
        same(total(server.alert(MISSING + "BANKS")), (3, 3))
        server.demand_alerts(1)


@case
def without_a_wait_each_is_told():
    with Alerting(ADMIN + "alert_wait = 0\n") as server:
        for _ in range(3):
            in_clear(server, "127.0.0.2")
            same(total(server.alert(MISSING + "PARTNERS"))[1], 1)
        server.demand_alerts(3)


@case
def of_many_at_once_none_is_forgotten():
    with Alerting(ADMIN + "alert_wait = 0\n") as server:
        crowd(server, 150)
        server.stop()
        lost = sum(int(line.split()[1]) for line in server.lines
                   if "alerts are lost" in line)
        server.demand_alerts(150 - lost)


@case
def too_many_handshakes():
    with Alerting(ADMIN, CERTIFICATE + "\n  max_handshakes = 1") as server:
        with Client(server.port(), source="127.0.0.2") as first:
            first.greeted().ask("STARTTLS", "220 2.0.0 ")
            with Client(server.port(), source="127.0.0.3") as second:
                second.greeted().ask("STARTTLS", "454 4.7.0 ")
                second.quit()
            text = server.alert(CROWD).get_payload()
            check("Last host: 127.0.0.3\n" in text, text)
            first.handshake()
            first.quit()
        server.demand_alerts(1)


@case
def the_demonstration_certificate():
    text = "The demonstration certificate is in use: listener smtp"
    with Alerting(ADMIN, "") as server:
        server.alert(text)
        server.reloaded()  # told already
        server.demand_alerts(1)


@case
def a_certificate_that_expires():
    old, soon, later = (expired(), made("alert-10", dates=until(10)),
                        made("alert-40", dates=until(40)))
    sections = "".join(
        f'certificate "{name}" {{ chain = "{stem}.pem" key = "{stem}.key" }}\n'
        for name, stem in (("default", old), ("a.example", soon),
                           ("b.example", later)))
    with Alerting('alert "a@example.org" { }', sections) as server:
        message = server.alert(f"The certificate {old}.pem has expired")
        check(message["Subject"].startswith("Critical-mx.example.org: "),
              message["Subject"])
        server.alert(f"The certificate {soon}.pem expires in 10 days")
        server.demand_alerts(2)


@case
def a_reload_changes_who_is_told():
    with Alerting() as server:
        in_clear(server, "127.0.0.2")
        server.alert(MISSING + "PARTNERS")
        server.write(CONFIG, configuration('alert "other@example.org" { }\n'))
        server.reloaded()
        in_clear(server, "127.0.0.3")
        same(server.alert(MISSING + "BANKS")["To"], "other@example.org")
        for old, new in (('"alerts"', '"elsewhere"'),
                         (ADMIN, ADMIN + "alert_wait = 1\n")):
            server.write(CONFIG, configuration().replace(old, new))
            lines = server.reload()
            check("cannot change without a restart" in lines[0], lines)


@case
def one_that_cannot_be_stored_is_logged():
    with Alerting() as server:
        shutil.rmtree(server.folder / "alerts")
        in_clear(server, "127.0.0.2")
        server.line("alert not stored (No such file or directory): Warning: "
                    f"{MISSING}PARTNERS")


def demand_refused(file, text, word):
    """Demands that a start with |text| ends after lines, the last of which has
    |word| in it."""
    file.write_text(text)
    said = run(SHAKOD, "-c", file, status=2)
    check(word in said.splitlines()[-1], f"no {word!r} in:\n{said}")


WRONG = [
    ('alert "admin" { }', 'alert: admin: not an address'),
    ('alert "a@b.example>" { }', "not an address"),
    ('alert "a@b.example Bcc: c@d.example" { }', "not an address"),
    ('alert "a@b.example" { wants = "Sistem" }', "neither All, System"),
    ('alert "a@b.example" { wants = "System/Red" }', "Critical"),
    ('alert_from = "Me <a@b.example>"', "alert_from"),
    ("alert_threshold = 0", "alert_threshold"),
    ("alert_wait = -1", "alert_wait"),
    ("alert_max_wait = 100000", "alert_max_wait"),
    ("".join(f'alert "a{i}@b.example" {{ }}\n' for i in range(17)), "16"),
]


@case
def what_is_wrong_is_told():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / CONFIG
        (file.parent / "peers.hat").write_text(TABLE)
        for more, word in WRONG:
            demand_refused(file, configuration(more), word)
        demand_refused(file, configuration().replace("alert_", "# "),
                       "needs alert_maildir")
        demand_refused(file, configuration().replace('"alerts"', f'"{CONFIG}"'),
                       "alert_maildir ")


main()
