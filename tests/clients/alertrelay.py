#!/usr/bin/env python3
"""Alerts that shakod hands to a next hop: what it takes, what it does not take
now, or at all, and what becomes of the rest of shakod meanwhile."""
import contextlib
import email
import os
import pathlib
import shutil
import tempfile

import harness
from authority import made
from client import Client
from harness import (CERTIFICATES, CONFIG, ENGINE, SHAKOD, Server, case,
                     check, main, refused_start, run, same)
from next_hop import NextHop, server_context

DELIVER = pathlib.Path(SHAKOD).parent / "deliver"
PAIR = CERTIFICATES / "ecdsa.pem", CERTIFICATES / "ecdsa.key"
TABLE = "$MUST\n  ACCEPT {\n    tls = \"required\"\n  }\nALL\n  $MUST\n"
WHAT = "Warning: Hosts that must use TLS do not: no sender group"

CONFIGURATION = """
discard = true
hostname = "mx.example.org"
engine = "{engine}"
alert "admin@example.org" {{ }}
{more}
listener "smtp" {{
  listen = {{"127.0.0.1:0"}}
  hat = "peers.hat"
  certificate = "{pair[0]}"
  key = "{pair[1]}"
}}
"""

MAILDIR = 'alert_maildir = "alerts"\n'
AT_ONCE = "alert_relay_retry = 0\n"


def configuration(more):
    return CONFIGURATION.format(engine=ENGINE or "mbedtls", pair=PAIR,
                                more=more)


def to(hop, more=""):
    return f'alert_relay = "localhost:{hop.port}"\n{more}'


class Relaying(Server):
    def __init__(self, more, **files):
        super().__init__(config=configuration(more),
                         files={"peers.hat": TABLE, **files})

    def raise_alert(self, what=WHAT):
        in_clear(self)
        self.line(f"alert: {what}")

    def stored(self):
        """Returns the messages in the folder."""
        folder = self.folder / "alerts"
        same(list((folder / "tmp").iterdir()), [])
        return [email.message_from_bytes(file.read_bytes())
                for file in (folder / "new").iterdir()]


def in_clear(server):
    """Wants to deliver without TLS."""
    with Client(server.port()) as client:
        client.greeted()
        client.send(b"MAIL FROM:<a@b.example>\r\n")
        client.reply()
        client.quit()


def tls():
    return server_context(*PAIR)


def demand_taken(hop, secure, *recipients):
    """Demands that |hop| has taken one alert."""
    (inside, octets), = hop.messages
    same(inside, secure)
    message = email.message_from_bytes(octets)
    same(message["Subject"].replace("\n", "").replace("  ", " "),
         WHAT.replace(": ", "-mx.example.org: (System) ", 1))
    same(message["To"].replace("\n", ""), ", ".join(recipients))
    told = [line.decode() for line in hop.told(secure)]
    same([line for line in told if line.startswith("RCPT")],
         [f"RCPT TO:<{address}>" for address in recipients])
    check(f"MAIL FROM:<{message['From']}>" in told[-len(recipients) - 3],
          told)


@case
def a_relay_takes_an_alert_in_tls_where_it_can():
    for trouble, words in (("none", "encrypted (TLSv1."),
                           ("no-starttls", "in clear, starttls-not-supp")):
        with NextHop(tls(), trouble) as hop, Relaying(to(hop)) as server:
            server.raise_alert()
            server.line(f"alert relayed: {WHAT}: localhost: delivered {words}")
        demand_taken(hop, trouble == "none", "admin@example.org")


@case
def a_command_line_has_alerts_relayed_too():
    for more in (), ("--alert-maildir",):
        with NextHop(trouble="no-starttls") as hop, tempfile.TemporaryDirectory(
                prefix="alerts-") as folder:
            with Server("--discard", "--alert-to", "a@x.example",
                        "--alert-relay", f"127.0.0.1:{hop.port}",
                        "--alert-to", "b@x.example", "--certificate", PAIR[0],
                        "--key", PAIR[1], *more, *[folder] * len(more),
                        hat=TABLE) as server:
                in_clear(server)
                server.line(f"alert relayed: {WHAT}: 127.0.0.1: delivered in c")
            same([each for each in pathlib.Path(folder).glob("new/*")], [])
        demand_taken(hop, False, "a@x.example", "b@x.example")


@case
def the_destination_controls_say_how():
    stem = made("relay", "localhost")
    trusted = f'alert_relay_authorities = "{stem}.pem"\n'
    for setting, trouble, more, words in (
            ("off", "none", "", "delivered in clear"),
            ("on", "no-starttls", "", "delivered in clear"),
            ("required", "none", "", "delivered encrypted"),
            ("required", "no-starttls", "", None),
            ("required", "cut-after-220", "", None),
            ("require_verify", "none", trusted, "delivered encrypted"),
            ("require_verify", "none", "", None)):
        controls = ("[DEFAULT]\nsend_tls_req_alert = on\n[localhost]\n"
                    f"table_tls = {setting}\n")
        context = server_context(f"{stem}.pem", f"{stem}.key")
        with NextHop(context, trouble) as hop, Relaying(
                to(hop, MAILDIR + AT_ONCE + more + 'destinations = "controls"'),
                controls=controls) as server:
            server.raise_alert()
            if words:
                server.line(f"alert relayed: {WHAT}: localhost: {words}")
            else:
                server.line(f"alert stored instead: {WHAT}")
            server.stop()  # and it raised nothing more
            same(len([line for line in server.lines
                      if line.startswith("shakod: alert: ")]), 1)
            same(len(server.stored()), 0 if words else 1)
        same(len(hop.messages), 1 if words else 0)


@case
def what_is_refused_is_not_tried_again():
    for trouble in "550", "554":
        for more, word in (MAILDIR, "stored instead"), ("", "lost"):
            with NextHop(tls(), trouble) as hop, Relaying(
                    to(hop, more)) as server:
                server.raise_alert()
                line = server.line("alert not relayed: ")
                check(f"{WHAT}: localhost: bounced" in line, line)
                line = server.line(f"alert {word}")
                check(line.endswith(f": {WHAT}"), line)
                server.stop()
                same(len(server.stored()) if more else 1, 1)
            same(len([line for _, line in hop.commands
                      if line.startswith(b"RCPT")]), trouble == "550")


@case
def what_is_not_taken_now_is_tried_again():
    with NextHop(tls(), "450") as hop, Relaying(
            to(hop, MAILDIR + "alert_relay_retry = 1\n")) as server:
        server.raise_alert()
        line = server.line("alert not relayed yet: ")
        check("localhost: deferred" in line and line.endswith("again in 1 s"),
              line)
        hop.trouble = "none"
        server.line(f"alert relayed: {WHAT}")
        server.stop()
        same(server.stored(), [])
    same(len(hop.messages), 1)


@case
def but_not_for_ever():
    with NextHop(tls(), "450") as hop:
        pass  # and is gone
    with NextHop(tls(), "421") as other:
        for each in hop, other:
            with Relaying(to(each, MAILDIR + AT_ONCE)) as server:
                server.raise_alert()
                server.line("alert not relayed yet: ", 4)
                server.line(f"alert stored instead: {WHAT}")
                server.stop()
                same(len([line for line in server.lines
                          if "not relayed" in line]), 5)
                same(len(server.stored()), 1)


@case
def a_relay_that_hangs_holds_nothing_up():
    with NextHop(trouble="silent") as hop, Relaying(
            to(hop, MAILDIR + AT_ONCE + "alert_relay_timeout = 1\n")) as server:
        server.raise_alert()
        in_clear(server)
        check(not [line for line in server.lines if "not relayed" in line],
              "shakod waited for the relay")
        server.reloaded()
        server.line("alert not relayed yet: ", 4)
        server.line(f"alert stored instead: {WHAT}")
        same(len(server.stored()), 1)


@case
def what_waits_at_the_end_is_tried_once():
    for trouble, taken in ("none", 1), ("450", 0), ("silent", 0):
        with NextHop(tls(), trouble) as hop, Relaying(
                to(hop, MAILDIR)) as server:
            in_clear(server)
            server.stop()
            server.line(f"alert relayed: {WHAT}" if taken else
                        f"alert stored instead: {WHAT}")
            same(len(server.stored()), 1 - taken)
        same(len(hop.messages), taken)


@contextlib.contextmanager
def another_deliver(text):
    """Has shakod stand beside a script instead of deliver, or beside nothing.
    It finds its libraries by its own place."""
    with tempfile.TemporaryDirectory(dir=pathlib.Path(SHAKOD).parents[1]) as a:
        folder = pathlib.Path(a)
        shutil.copy(SHAKOD, folder / "shakod")
        if text:
            (folder / "deliver").write_text(f"#!/bin/sh\n{text}\n")
            (folder / "deliver").chmod(0o755)
        harness.SHAKOD = str(folder / "shakod")
        try:
            yield folder
        finally:
            harness.SHAKOD = SHAKOD


@case
def a_program_that_hangs_is_killed_and_not_many_wait_for_it():
    more = (MAILDIR + 'alert_relay = "relay"\nalert_relay_timeout = 1\n'
            "alert_wait = 0\n")
    with another_deliver("exec sleep 100"), Relaying(more) as server:
        for _ in range(70):
            in_clear(server)
        line = server.line("alert not relayed: ", 6)
        check(line.endswith(": too many wait"), line)
        server.line("alert stored instead: ", 6)
        line = server.line("alert not relayed yet: ")
        check("it took too long; again in 60 s" in line, line)
        same(len(server.stored()), 6)
        server.stop()
        same(len(server.stored()), 70)


@case
def what_the_program_says_forges_no_line():
    script = "cat >/dev/null; printf '\\033[2J%0900d\\nshakod: forged\\n' 7; exit 69"
    more = MAILDIR + 'alert_relay = "relay"\n'
    with another_deliver(script), Relaying(more) as server:
        server.raise_alert()
        line = server.line("alert not relayed: ")
        check(line.startswith(f"shakod: alert not relayed: {WHAT}: ?[2J00000"),
              line)
        server.line("alert stored instead")
    same([line for line in server.lines if "forged" in line], [])


@case
def a_program_that_does_not_read_or_is_none_does_no_harm():
    for script in "exit 0", "exec <&-; exit 75", "kill -9 $$":
        more = MAILDIR + AT_ONCE + 'alert_relay = "relay"\n'
        with another_deliver(script) as folder, Relaying(more) as server:
            server.raise_alert()
            server.line("alert relayed" if script == "exit 0" else
                        "alert stored instead")
            (folder / "deliver").unlink()
            in_clear(server)
    with another_deliver(""), tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / CONFIG
        (file.parent / "peers.hat").write_text(TABLE)
        file.write_text(configuration('alert_relay = "relay"\n'))
        said = run(harness.SHAKOD, "-c", file, status=2)
        check("needs the program " in said, said)


WRONG = [
    ('alert_relay = "a b"', "alert_relay: a b: not HOST"),
    ('alert_relay = "a:0"', "alert_relay: a:0: not a port"),
    ('alert_relay = "[::1"', "not HOST"),
    ('alert_relay = "a"\nalert_relay_timeout = 0', "alert_relay_timeout"),
    ('alert_relay = "a"\nalert_relay_retry = -1', "alert_relay_retry"),
    ('alert_relay = "a"\ndestinations = "none"', "none: No such file"),
    ('alert_relay = "a"\ndestinations = "peers.hat"', "peers.hat:1:1: "),
    ("", "needs alert_maildir or alert_relay"),
]


@case
def what_is_wrong_is_told():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / CONFIG
        (file.parent / "peers.hat").write_text(TABLE)
        for more, word in WRONG:
            file.write_text(configuration(more + "\n"))
            for words in ("-c", file), ("--check", file):
                said = run(SHAKOD, *words, status=None)
                check(word in said, f"no {word!r} in {said!r}")
    for words, word in ((("--alert-relay", "a/b"), "not HOST"),
                        (("--alert-to", "a b@c"), "not an address"),
                        (("--alert-relay", "a"), "--alert-to"),
                        (("--alert-to", "a@b.example"), "--alert-maildir")):
        said = refused_start("--discard", *words)
        check(word in said, said)


@case
def a_reload_changes_how_it_is_relayed_but_not_where_to():
    with NextHop(tls()) as hop, Relaying(to(hop)) as server:
        server.write(CONFIG, configuration('alert_relay = "elsewhere"\n'))
        lines = server.reload()
        check("alert_relay" in lines[0] and "restart" in lines[0], lines)
        server.write(CONFIG, configuration(to(hop, 'destinations = "no"\n')))
        check("no: No such file" in server.reload()[0], "a file is missing")
        server.write("no", "[DEFAULT]\ntable_tls = off\n")
        server.reloaded()
        server.raise_alert()
        server.line(f"alert relayed: {WHAT}: localhost: delivered in clear")


if not os.access(DELIVER, os.X_OK):
    print("skip alertrelay: no deliver, it needs libcurl")
else:
    main()
