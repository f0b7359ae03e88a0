#!/usr/bin/env python3
"""Certificates: which of several is shown to whom, keys with a passphrase, and
what is told of them."""
import re

from authority import (FOLDER, configuration, demand_shown, expired, made,
                       openssl, section, until)
from harness import CONFIG, SHAKOD, Server, case, check, main, run, same

REFUSED = "shakod: not reloaded: what was in force stays in force"


def wrong_start(config, status=2):
    """Starts a shakod that must not start; returns what it says."""
    path = FOLDER / CONFIG
    path.write_text(config, "ascii")
    return run(SHAKOD, "-c", path, status=status)


@case
def the_name_that_a_client_asks_for_decides():
    other, one, many, own, last = (
        made("other"), made("one", "one.example"),
        made("many", "*.many.example"), made("own", "own.example"),
        made("last"))
    config = configuration(
        section("one.example", one), section("*.many.example", many),
        section("", own), section("default", other))
    with Server(config=config) as server:
        for name, stem in (
                ("one.example", one), ("ONE.Example", one),
                ("a.many.example", many), ("a.b.many.example", other),
                ("many.example", other), ("own.example", own),
                ("a.one.example", other), ("unknown.example", other),
                (None, other)):
            demand_shown(server, stem, name)
    for title in "*", "default":
        with Server(config=configuration(section("one.example", one),
                                         section(title, last))) as server:
            demand_shown(server, one, "one.example")
            demand_shown(server, last)
    with Server(config=configuration(
            section("one.example", one), f'certificate = "{last}.pem"',
            f'key = "{last}.key"')) as server:
        demand_shown(server, one, "one.example")
        demand_shown(server, last, "unknown.example")
    with Server(config=configuration(section("one.example", one),
                                     section("own.example", own))) as server:
        demand_shown(server, one, "unknown.example")


@case
def a_client_gets_the_kind_of_key_that_it_can_use():
    stems = {"ecdsa": made("pair-ecdsa"), "rsa": made("pair-rsa", kind="rsa")}
    tls12 = "-tls1_2", "-cipher"
    for title in "mx.example.org", "default":
        for order in ("ecdsa", "rsa"), ("rsa", "ecdsa"):
            config = configuration(*(section(title, stems[kind])
                                     for kind in order))
            with Server(config=config) as server:
                for kind, *more in (
                        ("ecdsa",),
                        ("ecdsa", "-sigalgs", "ECDSA+SHA256"),
                        ("rsa", "-sigalgs", "RSA-PSS+SHA256"),
                        ("ecdsa", *tls12, "ECDHE-ECDSA-AES128-GCM-SHA256"),
                        ("rsa", *tls12, "ECDHE-RSA-AES128-GCM-SHA256")):
                    demand_shown(server, stems[kind], "mx.example.org", *more)


@case
def a_client_without_ecdsa_gets_the_rsa_of_a_wider_name_or_of_none():
    exact, wide, rest = (
        made("exact", "mx.wide.example"),
        made("wide", "*.wide.example", kind="rsa"),
        made("rest", "mx.example.org", kind="rsa"))
    rsa_1_3 = "-sigalgs", "RSA-PSS+SHA256"
    rsa_1_2 = "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"
    with Server(config=configuration(
            section("mx.wide.example", exact), section("*.wide.example", wide),
            section("alone.example", exact),
            section("default", rest))) as server:
        for name, rsa, stem in (
                ("mx.wide.example", False, exact),
                ("mx.wide.example", True, wide),
                ("a.wide.example", False, wide),
                ("alone.example", False, exact),
                ("alone.example", True, rest)):
            for more in (rsa_1_3, rsa_1_2) if rsa else ((),):
                demand_shown(server, stem, name, *more)


def locked(stem, secret, mode=0o600):
    """Returns a section whose passphrase_file says |secret|."""
    path = FOLDER / f"secret-{mode:o}-{len(secret)}"
    path.write_text(secret)
    path.chmod(mode)
    return section("default", stem, f'passphrase_file = "{path}"')


@case
def a_key_is_opened_with_its_passphrase():
    stem = made("locked", secret="open sesame")
    for text in "open sesame", "open sesame\n", "open sesame\r\nmore\n":
        with Server(config=configuration(locked(stem, text))) as server:
            demand_shown(server, stem)
    with Server(config=configuration(
            locked(made("unlocked"), "whatever\n"))) as server:
        demand_shown(server, made("unlocked"))


@case
def a_key_without_its_passphrase_is_an_error():
    stem = made("locked", secret="open sesame")
    for certificate, culprit in (
            (locked(stem, "open sesam"), f"{stem}.key"),
            (locked(stem, "  open sesame"), f"{stem}.key"),
            (section("default", stem), f"{stem}.key"),
            (locked(stem, "open sesame", 0o644), "secret-644-11"),
            (locked(stem, "\nopen sesame"), "secret-600-12"),
            (locked(stem, "x" * 1025), "secret-600-1025"),
            (section("default", stem, 'passphrase_file = "none"'),
             f"{FOLDER}/none")):
        text = wrong_start(configuration(certificate))
        check(re.fullmatch(rf"shakod: [^\n]*{re.escape(culprit)}: [^\n]+\n",
                           text), text)
        check("sesam" not in text, text)


@case
def what_is_wrong_with_a_section_is_said():
    stem = made("other")
    for certificate, word in (
            (f'certificate "a.example" {{\nchain = "{stem}.pem"\n}}', "key"),
            (f'certificate "a.example" {{\nkey = "{stem}.key"\n}}', "chain"),
            (section("a..example", stem), "a..example"),
            (section("!a.example", stem) + section("a.example", stem),
             "!a.example"),
            (section("a.*", stem), "a.*"),
            (section("default", stem, 'hat = "x"'), "hat"),
            (section("a", made("one", "one.example")) + section(
                "a", stem).replace("other.key", "one.key"), "one.key")):
        text = wrong_start(configuration(certificate))
        check(re.fullmatch(r"shakod: [^\n]+\n", text), text)
        check(word in text, f"no {word!r} in: {text}")


@case
def check_says_what_there_is_of_each_certificate():
    one, old = made("one", "one.example"), expired()
    path = FOLDER / CONFIG
    path.write_text(configuration(section("one.example", one),
                                  section("two.example", one)), "ascii")
    text = run(SHAKOD, "--check", path)
    key = openssl("pkey", "-in", f"{one}.key", "-pubout", "-outform", "DER",
                  "-out", "public")
    digest = openssl("dgst", "-sha256", "-r", "public").split()[0]
    same((key, text.count(f"TLSA: 3 1 1 {digest}\n")), ("", 2))
    for line in (f"Certificate: {one}.pem", "Listener: smtp",
                 "For: one.example", "Host: one.example (matches)",
                 "For: two.example", "Host: two.example (does not match)"):
        check(line in text.splitlines(), f"no {line!r} in:\n{text}")
    path.write_text(configuration(section("default", old)), "ascii")
    text = run(SHAKOD, "--check", path, status=1)
    for word in "Valid: 2020-01-01 to 2020-03-01", "Warning: expired: ":
        check(word in text, f"no {word!r} in:\n{text}")
    many = made("many", "*.many.example")
    path.write_text(configuration(section("*.many.example", many)), "ascii")
    text = run(SHAKOD, "--check", path)
    check("For: *.many.example\n" in text and "Host:" not in text, text)
    future = made("future", dates=("20900101000000Z", "20910101000000Z"))
    path.write_text(configuration(section("default", future)), "ascii")
    check("Warning: not-yet-valid: " in run(SHAKOD, "--check", path, status=1),
          "a certificate of the future passes")


@case
def a_start_warns_and_tells_what_expires():
    old = expired()
    soon, month, later = (made(f"days-{days}", dates=until(days))
                          for days in (10, 25, 40))
    config = configuration(section("default", old), section("", soon),
                           section("a.example", month), section("", later))
    with Server(config=config) as server:
        server.line(f"WARNING: {old}.pem: expired: ")
        server.line(f"certificate {month}.pem expires in 25 days")
        server.line(f"certificate {soon}.pem expires in 10 days")
        server.line(f"WARNING: {soon}.pem: expires-soon: ")
        server.line(f"WARNING: {month}.pem: name-mismatch: ")
        demand_shown(server, old)
        same([line for line in server.lines if f"{later}.pem expires" in line],
             [])
        same(len([line for line in server.lines if "expires in" in line]), 2)
        same(server.reload()[-1], "shakod: reloaded")  # it is no worse


@case
def a_reload_brings_in_no_certificate_that_nobody_believes():
    good, old = made("other"), expired()
    future = made("future", dates=("20900101000000Z", "20910101000000Z"))
    with Server(config=configuration(
            section("default", good), server="watch = false")) as server:
        for stem, word in (old, "any more"), (future, "yet"):
            server.write(CONFIG, configuration(section("default", stem),
                                               server="watch = false"))
            lines = server.reload()
            same(lines, [f"shakod: {stem}.pem: it is not valid {word}",
                         REFUSED])
            demand_shown(server, good)


main()
