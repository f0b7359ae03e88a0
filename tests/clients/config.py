#!/usr/bin/env python3
"""The configuration file: what it says, what is wrong with it, and what is told
of it without starting anything."""
import pathlib
import re
import tempfile

from client import Client
from harness import (CERTIFICATES, CONFIG, SHAKOD, TOP, Server, case, check,
                     main, refused_start, run, same)

MUST = "530 5.7.0 Must issue a STARTTLS command first"

CONFIGURATION = """# What a site may have.
maildir = "mail"   # a folder
hostname = "mx.example.org"
lookup_timeout = 5

listener "Inbound" {
  type = "public"
  listen = {
    "127.0.0.1:0",   # one
    "127.0.0.2:0"    # and two
  }
  interface = 'PublicNet #1 (192.168.2.1/24)'
  default_domain = "site.example"
  domain_map = {"old.example new.example", ".sub.example   site.example"}
  max_concurrency = 3
  tcp_queue = 20
  hat = "inbound.hat"
  policy {
    tls = "preferred"
    max_message_size = 12345
    banner_text = "it's \\"#1\\""
  }
}

listener "Submission" {
  type = "private"
  listen = {"127.0.0.1:0"}
  hostname = "submit.example.org"
  preset = "submission"
}

listener "Secure" {
  listen = {"127.0.0.1:0"}
  implicit_tls = true
}
"""

TABLE = """
$PARTNERS
    ACCEPT {
        tls = "required"
    }
PARTNERS:
    127.0.0.2
        $PARTNERS
NAMED:
    .partner.example
        $PARTNERS
ALL
    ACCEPT
"""

# The same without what only the DNS can tell.
PLAIN = re.sub("NAMED:.*?(?=ALL)", "", TABLE, flags=re.S)


class Folder:
    """A configuration that no server has."""

    def __init__(self, config=CONFIGURATION, table=TABLE):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.config = self.path / CONFIG
        self.config.write_text(config, "ascii")
        (self.path / "inbound.hat").write_text(table, "ascii")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


@case
def a_server_is_as_its_configuration_says():
    with Server(config=CONFIGURATION, files={"inbound.hat": PLAIN}) as server:
        same([(host, kind) for host, _, kind in server.ports],
             [("127.0.0.1", "Inbound"), ("127.0.0.2", "Inbound"),
              ("127.0.0.1", "Submission"), ("127.0.0.1", "Secure")])
        for host, port, _ in server.ports[:2]:
            with Client(port, host=host) as client:
                client.expect('220 mx.example.org it\'s "#1"')
                check("SIZE 12345" in client.ask("EHLO a.example", "250-"), "")
                client.deliver()
                client.quit()
            server.connection(policy="ACCEPT", rule="ALL", messages=1)
        with Client(server.port("Inbound"), source="127.0.0.2") as client:
            client.greeted()
            client.ask("MAIL FROM:<a@b.example>", MUST)
            client.quit()
        server.connection(group="PARTNERS")
        with Client(server.port("Submission")) as client:
            client.expect("220 submit.example.org ")
            client.ask("EHLO a.example", "250-submit.example.org")
            client.ask("MAIL FROM:<a@b.example>", MUST)
            client.quit()
        with Client(server.port("Secure")) as client:
            client.handshake()
            client.greeted()
            client.deliver()
            client.quit()


@case
def recipients_are_mapped():
    with Server(config=CONFIGURATION, files={"inbound.hat": PLAIN}) as server:
        with Client(server.port("Inbound")) as client:
            client.greeted()
            client.deliver(b"a\r\n", "a@old.example", "b@x.sub.example",
                           "c@sub.example", "d")
            client.quit()
        same(server.mail.take().recipients,
             ["a@new.example", "b@site.example", "c@sub.example",
              "d@site.example"])


@case
def the_concurrency_of_a_listener_is_for_all_peers():
    with Server(config=CONFIGURATION, files={"inbound.hat": PLAIN}) as server:
        clients = [Client(server.port("Inbound"), source=f"127.0.0.{n}")
                   for n in (3, 4, 5, 6)]
        for client in clients[:3]:
            client.greeted()
        clients[3].expect("421 mx.example.org ")
        clients[3].demand_end()
        for client in clients:
            client.socket.close()


@case
def comments_are_no_part_of_it():
    for comment in ("# it's", "// it's", "/* it's */", "/*\n'\n#*/", '//"'):
        text = CONFIGURATION.replace("# and two", comment)
        for config in text, f"{comment}\n{text}", f"{text}{comment}":
            with Folder(config) as folder:
                run(SHAKOD, "--check", folder.config)
                line = config.count("\n", 0, config.index("lookup_")) + 1
                folder.config.write_text(
                    config.replace("timeout = 5", "timeout = 0"))
                said = refused_plain("-c", folder.config)
                check(f":{line}: lookup_timeout" in said, said)


# What is put for what, and what the one line names.
WRONG = [
    ("maildir = ", "mialdir = ", 2, "mialdir"),
    ('hostname = "mx', 'hostname = "mx x', 3, "hostname"),
    ("= 5", "= 0", 4, "lookup_timeout"),
    ("= 5", "= 5x", 4, "lookup_timeout"),
    ("= 5", '= 5\nengine = "gnutls"', 5, "gnutls"),
    ("= 5", '= 5\nresolver = "localhost"', 5, "resolver"),
    ("= 5", "= 5\nworkers = 65", 5, "workers"),
    ("= 5", '= 5\nlog = "xml"', 5, "log"),
    ('"public"', '"publik"', 7, "publik"),
    ('"127.0.0.2:0"', '"127.0.0.2"', 10, "127.0.0.2"),
    ("max_concurrency = 3", "max_concurrency = -3", 15, "max_concurrency"),
    ("tcp_queue = 20", "max_handshakes = -1", 16, "max_handshakes"),
    ("tcp_queue = 20", "tcp_queue = 0", 16, "tcp_queue"),
    ("old.example new", "old.example_new", 14, "old.example_new"),
    ("old.example new", "old..example new", 14, "old..example"),
    (" = \"site.example", " = \"a site", 13, "default_domain"),
    ("PublicNet", "Public\x01", 12, "interface"),
    ('"Inbound"', '"In\x01"', 23, "name"),
    ('"preferred"', '"maybe"', 19, "tls"),
    ("size = 12345", "size = 0", 20, "max_message_size"),
    ("tls = ", "lts = ", 19, "lts"),
    ("it's ", "it's \x01", 21, "banner_text"),
    ('preset = "sub', 'preset = "mub', 29, "mubmission"),
    ('"Secure"', '"Inbound"', 32, "Inbound"),
    ("implicit_tls = true", "implicit_tls = perhaps", 34, "implicit_tls"),
    ("implicit_tls = true", 'key = "a"', 35, "certificate"),
]


@case
def what_is_wrong_is_named_with_its_line():
    for old, new, number, word in WRONG:
        check(old in CONFIGURATION, old)
        with Folder(CONFIGURATION.replace(old, new)) as folder:
            line = refused_plain("-c", folder.config)
            check(line.startswith(f"shakod: {folder.config}:{number}: "), line)
            check(word in line, line)
            same(run(SHAKOD, "--check", folder.config, status=1), line + "\n")


def refused_plain(*options):
    """As refused_start(), for a configuration, which has its own engine."""
    text = run(SHAKOD, *options, status=2)
    check(re.fullmatch(r"shakod: [^\n]+\n", text), f"not one line:\n{text}")
    return text.rstrip("\n")


@case
def what_is_wrong_elsewhere():
    with Folder() as folder:
        same(refused_plain("-c", folder.path / "none.conf"),
             f"shakod: {folder.path}/none.conf: No such file or directory")
        (folder.path / "inbound.hat").write_text("ALL\n  ACEPT\n", "ascii")
        line = refused_plain("-c", folder.config)
        check(line.startswith(f"shakod: {folder.path}/inbound.hat:2:"), line)
        (folder.path / "inbound.hat").unlink()
        line = refused_plain("-c", folder.config)
        check(line.endswith("/inbound.hat: No such file or directory"), line)
    for text in "", "# nothing\n", 'maildir = "mail"\n':
        with Folder(text) as folder:
            line = refused_plain("-c", folder.config)
            check("no listener" in line, line)
    for text, word in ((CONFIGURATION.replace('maildir = "mail"', ""),
                        "maildir"),
                       (CONFIGURATION + "discard = true\n", "maildir"),
                       (CONFIGURATION + "listener A { }\n", "listen"),
                       (CONFIGURATION + "listener A {\n", "A"),
                       ('maildir = "', "")):
        with Folder(text) as folder:
            line = refused_plain("-c", folder.config)
            check(word in line, line)


@case
def a_configuration_goes_with_no_other_option():
    with Folder() as folder:
        for option in ("--discard",), ("--tls", "no"), ("--hat", "x"):
            line = refused_start("-c", folder.config, *option)
            check(option[0] in line or "--engine" in line, line)


@case
def check_says_what_is_configured():
    with Folder() as folder:
        for command in ("--check", folder.config), \
                ("-c", folder.config, "--check"):
            text = run(SHAKOD, *command)
            for line in ("Name: Inbound", "Type: Public",
                         "Interface: PublicNet #1 (192.168.2.1/24) TCP Port 0",
                         "Protocol: SMTP", "Default Domain: site.example",
                         "Max Concurrency: 3 (TCP Queue: 20)",
                         "TLS: Preferred", "Name: Submission",
                         "Type: Private", "TLS: Required", "Name: Secure"):
                check(line in text.splitlines(), f"no {line!r} in:\n{text}")
            check("PARTNERS" in text, text)
        table = folder.path / "inbound.hat"
        text = run(SHAKOD, "--check", "--hat", table, "--hostname", "a.example")
        check("PARTNERS" in text, text)
        table.write_text("ALL\n  ACEPT\n", "ascii")
        for command in ("--check", folder.config), ("--check", "--hat", table):
            text = run(SHAKOD, *command, status=1)
            check(f"shakod: {table}:2:" in text, text)


@case
def the_example_is_in_order():
    text = run(SHAKOD, "--check", TOP / "examples/shakod/shakod.conf")
    for word in "Name: Inbound", "PARTNERS", "Name: Submission":
        check(word in text, text)


@case
def check_warns_of_what_an_operator_hardly_means():
    table = "$NO REJECT\nALL\n    ACCEPT\nLATE:\n    127.0.0.2\n        $NO\n"
    with Folder(table=table) as folder:
        text = run(SHAKOD, "--check", folder.config)
        check("LATE" in text or "127.0.0.2" in text, text)


@case
def explain_says_what_becomes_of_a_peer():
    with Folder() as folder:
        def explain(*more):
            return run(SHAKOD, "-c", folder.config, "--listener", "Inbound",
                       "--explain", *more)

        text = explain("127.0.0.2")
        check("PARTNERS" in text and "required" in text, text)
        text = explain("192.0.2.1", "--name", "mx.partner.example")
        check("NAMED" in text and "required" in text, text)
        text = explain("192.0.2.1", "--from", "a@b.example")
        check("With no answer to any of that:" in text, text)
        check("ALL" in text, text)
        text = run(SHAKOD, "--explain", "127.0.0.2", folder.config)
        for name in "Inbound", "Submission", "Secure":
            check(f"Listener: {name}" in text, text)
        text = run(SHAKOD, "--explain", "127.0.0.2", "--hat",
                   folder.path / "inbound.hat")
        check("PARTNERS" in text, text)
        check("not an IP" in refused_plain(
            "-c", folder.config, "--explain", "localhost"), "")
        check("Nobody" in refused_plain(
            "-c", folder.config, "--explain", "192.0.2.1",
            "--listener", "Nobody"), "")


@case
def a_listener_has_its_own_certificate():
    config = CONFIGURATION.replace(
        'preset = "submission"', 'preset = "submission"\n'
        f'certificate = "{CERTIFICATES}/ecdsa.pem"\n'
        f'key = "{CERTIFICATES}/ecdsa.key"')
    with Server(config=config, files={"inbound.hat": PLAIN}) as server:
        shown = set()
        for kind in "Inbound", "Submission", "Secure":
            with Client(server.port(kind)) as client:
                if kind == "Secure":
                    client.handshake()
                else:
                    client.greeted().starttls()
                shown.add(client.tls.object.getpeercert(binary_form=True))
        same(len(shown), 2)
        server.line("WARNING: no certificate is given")


main()
