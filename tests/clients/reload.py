#!/usr/bin/env python3
"""SIGHUP: tables, certificates and the configuration are read again, for new
connections, and only if nothing is wrong with them."""
import concurrent.futures
import ssl
import threading

from client import MESSAGE, Client, stored, stuffed
from harness import (CERTIFICATES, CONFIG, ENGINE, HAT, Server, case, check,
                     main, same)

MUST = "530 5.7.0 Must issue a STARTTLS command first"

OPEN = "ALL\n    ACCEPT\n"
STRICT = '$ALL ACCEPT {\n    tls = "required"\n}\nALL\n    $ALL\n'
BAD = STRICT.replace("required", "perhaps")

CONFIGURATION = """
maildir = "mail"
hostname = "mx.example.org"
workers = 2
listener "Inbound" {
  listen = {"127.0.0.1:0"}
  hat = "inbound.hat"
}
listener "Outbound" {
  type = "private"
  listen = {"127.0.0.1:0"}
  policy {
    tls = "off"
  }
}
watch = false
"""


def configured(**more):
    return Server(config=CONFIGURATION, files={"inbound.hat": OPEN}, **more)


def demand_tls(server, required, kind="smtp"):
    with Client(server.port(kind)) as client:
        client.greeted()
        client.ask("MAIL FROM:<a@b.example>", MUST if required else "250 ")
        client.quit()
    server.connection(end="quit")


def demand_refused(server, *words):
    """Demands that a reload fails after one line with these |words|."""
    lines = server.reload()
    same(lines[-1],
         "shakod: not reloaded: what was in force stays in force")
    same(len(lines), 2)
    for word in words:
        check(word in lines[0], lines[0])


def demand_connections(server, count, messages):
    for _ in range(count):
        server.connection(messages=messages, refused="none", end="quit")


@case
def a_good_table_is_for_new_connections():
    with Server("--workers", "2", hat=OPEN) as server:
        with Client(server.port()) as idle, Client(server.port()) as busy:
            idle.greeted()
            busy.greeted().transaction()
            server.write(HAT, STRICT)
            server.reloaded()
            demand_tls(server, True)
            idle.deliver()  # as it began
            busy.send(stuffed(MESSAGE))
            busy.expect("250 2.0.0 ")
            for client in idle, busy:
                client.ask("EHLO again.example", "250-")
                client.deliver()
                client.quit()
        for mail in server.mail.take_all():
            same(mail.message, stored(MESSAGE))
        server.write(HAT, OPEN)
        server.reloaded()
        demand_connections(server, 2, 2)
        demand_tls(server, False)


@case
def a_bad_table_changes_nothing():
    with Server(hat=STRICT) as server:
        with Client(server.port()) as client:
            client.greeted()
            server.write(HAT, BAD)
            demand_refused(server, f"/{HAT}:2:")
            (server.folder / HAT).unlink()
            demand_refused(server, f"/{HAT}: No such file or directory")
            client.ask("MAIL FROM:<a@b.example>", MUST)
            client.quit()
        server.connection(end="quit")
        demand_tls(server, True)


@case
def a_configuration_is_read_again_with_its_tables():
    with configured() as server:
        demand_tls(server, False, "Inbound")
        server.write("inbound.hat", STRICT)
        server.write(CONFIG, CONFIGURATION.replace('"off"', '"required"'))
        server.reloaded()
        demand_tls(server, True, "Inbound")
        demand_tls(server, True, "Outbound")
        server.write("inbound.hat", BAD)
        server.write(CONFIG, CONFIGURATION)
        demand_refused(server, "/inbound.hat:2:")
        demand_tls(server, True, "Outbound")  # none of it is taken
        server.write("inbound.hat", OPEN)
        server.reloaded()
        demand_tls(server, False, "Inbound")
        demand_tls(server, False, "Outbound")


@case
def a_bad_configuration_changes_nothing():
    with configured() as server:
        for old, new, *words in (
                ('"off"', '"on"', f"{CONFIG}:13:", "tls"),
                ("workers", "wrokers", f"{CONFIG}:4:", "wrokers"),
                ("}", "", f"{CONFIG}:"),
                ("workers = 2", "workers = 3", "workers", "restart"),
                ("mx.example.org", "mx2.example.org", "hostname", "restart"),
                ('"mail"', '"mail2"', "maildir", "restart"),
                ("Outbound", "Other", "listeners", "restart"),
                ('"127.0.0.1:0"', '"127.0.0.2:0"', "listen", "restart"),
                ('"127.0.0.1:0"', '"127.0.0.1:0", "127.0.0.1:0"', "listen",
                 "restart"),
                ("listen =", "tcp_queue = 9\nlisten =", "tcp_queue", "restart"),
                ("hat =", 'key = "a"\nhat =', "certificate"),
                ("hat =", 'key = "a"\ncertificate = "a"\nhat =', "/a")):
            server.write(CONFIG, CONFIGURATION.replace(old, new))
            demand_refused(server, *words)
        server.write(CONFIG, CONFIGURATION)
        server.reloaded()
        demand_tls(server, False, "Inbound")


def write_certificate(server, name):
    for suffix in "pem", "key":
        text = (CERTIFICATES / f"{name}.{suffix}").read_text("ascii")
        server.write(f"server.{suffix}", text)


def certificate_shown(server):
    with Client(server.port()) as client:
        client.secured()
        shown = client.tls.object.getpeercert(binary_form=True)
        client.quit()
    server.connection(end="quit")
    return ssl.DER_cert_to_PEM_cert(shown)


def first_of(name):
    """Returns the first certificate of a file, as ssl writes it."""
    text = (CERTIFICATES / f"{name}.pem").read_text("ascii")
    begin = text.index("-----BEGIN CERT")
    end = text.index("-----END CERTIFICATE-----") + 25
    return ssl.DER_cert_to_PEM_cert(
        ssl.PEM_cert_to_DER_cert(text[begin:end]))


@case
def certificates_are_read_again():
    config = CONFIGURATION.replace(
        "hat =", 'certificate = "server.pem"\nkey = "server.key"\nhat =')
    files = {"inbound.hat": STRICT}
    for suffix in "pem", "key":
        files[f"server.{suffix}"] = (
            CERTIFICATES / f"ecdsa.{suffix}").read_text("ascii")
    with Server(config=config, files=files) as server:
        server.ports = [(host, port, "smtp" if kind == "Inbound" else kind)
                        for host, port, kind in server.ports]
        same(certificate_shown(server), first_of("ecdsa"))
        with Client(server.port()) as client:
            client.secured()
            write_certificate(server, "rsa2048")
            server.reloaded()
            client.deliver()  # the old one is still in use
            client.quit()
        server.connection(messages=1, end="quit")
        same(certificate_shown(server), first_of("rsa2048"))
        server.write("server.key", "not a key\n")
        demand_refused(server, "server.key")
        same(certificate_shown(server), first_of("rsa2048"))


def shake_hands_until(server, over, shown):
    """Delivers in TLS, a connection for each message; adds what certificates
    were seen to |shown|.  Returns how many."""
    count = 0
    while not over.is_set():
        with Client(server.port("Inbound")) as client:
            client.secured()
            shown.add(client.tls.object.getpeercert(binary_form=True))
            client.deliver()
            client.quit()
        count += 1
    return count


@case
def no_handshake_fails_while_certificates_are_replaced():
    config = CONFIGURATION.replace(
        "hat =", 'certificate = "server.pem"\nkey = "server.key"\nhat =')
    config += f'engine = "{ENGINE}"\n' if ENGINE else ""
    names = "ecdsa", "rsa2048"
    over, shown = threading.Event(), set()
    with Server(config=config, files={"inbound.hat": STRICT, **{
            f"server.{suffix}": (CERTIFICATES / f"ecdsa.{suffix}").read_text(
                "ascii") for suffix in ("pem", "key")}}) as server, \
            concurrent.futures.ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(shake_hands_until, server, over, shown)
                   for _ in range(4)]
        try:
            for number in range(200):
                write_certificate(server, names[number % 2])
                server.reloaded()
            demand_connections(server, 1, 1)
        finally:
            over.set()
        count = sum(client.result() for client in clients)
        demand_connections(server, count - 1, 1)
        same(len(server.mail.take_all()), count)
    same({ssl.DER_cert_to_PEM_cert(one) for one in shown},
         set(map(first_of, names)))


@case
def counters_go_on():
    table = "$ONE ACCEPT {\n    max_concurrency = 1\n}\nALL $ONE\n"
    with Server(hat=table) as server:
        with Client(server.port()) as first:
            first.greeted()
            server.reloaded()
            with Client(server.port()) as second:
                second.expect("421 ")
                second.demand_end()
            server.connection(messages=0)
            first.quit()
        server.connection(end="quit")
        with Client(server.port()) as second:
            second.greeted()
            second.quit()
        server.connection(end="quit")


@case
def a_reload_while_it_stops_is_too_late():
    with Server(hat=OPEN) as server:
        with Client(server.port()) as client, Client(server.port()) as idle:
            client.greeted().transaction()
            idle.greeted()
            server.signal()
            idle.expect("421 4.3.2 ")
            same(server.reload(),
                 ["shakod: not reloaded: what was in force stays in force"])
            client.send(stuffed(MESSAGE))
            client.expect("250 2.0.0 ")
        server.stop()


def deliver_until(server, over):
    """Delivers on connections of several messages; returns how many."""
    count = 0
    while not over.is_set():
        with Client(server.port("Inbound")) as client:
            client.greeted()
            for _ in range(3):
                client.deliver()
                count += 1
            client.quit()
    return count


@case
def nothing_is_lost_under_traffic():
    with configured() as server:
        over = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            senders = [pool.submit(deliver_until, server, over)
                       for _ in range(4)]
            try:
                for number in range(40):
                    demand_connections(server, 1, 3)  # they go on
                    if number % 4 == 3:
                        server.write("inbound.hat", BAD)
                        demand_refused(server, "/inbound.hat:2:")
                    else:
                        server.write("inbound.hat", OPEN)
                        server.reloaded()
            finally:
                over.set()
            count = sum(sender.result() for sender in senders)
        demand_connections(server, count // 3 - 40, 3)
        same(len(server.mail.take_all()), count)


main()
