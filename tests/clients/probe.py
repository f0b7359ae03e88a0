#!/usr/bin/env python3
"""The probe: shakod passes all of it, whatever its setting; and there is no
case that a fault of a server does not make fail."""
import socket

from faulty import FAULTS, Faulty
from harness import ENGINE, Server, case, check, main, run, same
from probing import PROBE, demand_passes, names, probe

# What makes each case fail: a setting of the server, its fault, and what else
# the probe is told.  A name that ends in "-" stands for a family.
P, R, N, S = "preferred", "required", "no", "smtps"
FAILS = {
    "inject-": (P, "keeps-input"),
    "inject-hello": (P, "clear-after-220"),
    "upgrade-offered": (P, "no-offer"),
    "upgrade-works": (P, "starttls-case"),
    "upgrade-no-greeting": (P, "second-greeting"),
    "upgrade-not-offered": (P, "offers-inside"),
    "upgrade-twice": (P, "starttls-inside"),
    "upgrade-hello": (P, "keeps-hello"),
    "upgrade-envelope": (P, "starttls-in-transaction"),
    "upgrade-parameter": (P, "starttls-parameter"),
    "upgrade-before-hello": (P, "starttls-early"),
    "upgrade-clear-text": (P, "clear-inside"),
    "upgrade-close-notify": (P, "clear-after-notify"),
    "upgrade-renegotiation": (P, "renegotiation"),
    "required-": (R, "no-gate"),
    "required-bdat": (R, "gate-parses-chunk"),
    "required-allowed": (R, "gate-for-noop"),
    "no-offer": (N, "offers"),
    "no-starttls": (N, "starttls-always"),
    "no-serves": (N, "serves-nothing"),
    "preferred-serves": (P, "serves-nothing"),
    "smtps-clear-text": (S, "clear-after-failure"),
    "auth-clear": (P, "auth-clear"),
    "tls-garbage": (P, "clear-after-failure"),
    "tls-alert": (P, "clear-after-failure"),
    "tls-cut": (P, "clear-after-failure"),
    "tls-flood": (P, "endless-hello"),
    "tls-ssl2": (P, "hello-accepted"),
    "tls-ssl3": (P, "hello-accepted"),
    "tls-10": (P, "tls-1.0"),
    "tls-11": (P, "tls-1.1"),
    "tls-weak": (P, "null-suites"),
    "tls-alpn": (P, "any-alpn"),
    "tls-alpn-smtp": (P, "no-alpn"),
    "tls-pieces": (P, "one-record"),
    "tls-names": (P, "dies-of-names"),
    "data-end": (N, "one-read"),
    "smuggle-": (N, "lenient-end"),
    "smuggle-commands": (N, "commands-in-data"),
    "bare-": (N, "bare-ends"),
    "truncated-": (S, "takes-truncated"),
    "bdat-octets": (N, "dot-ends-chunk"),
    "bdat-swallowed": (N, "parses-chunk"),
    "bdat-truncated": (N, "takes-truncated"),
    "bdat-huge": (N, "wraps-size"),
    "line-lf": (N, "lf-lines"),
    "line-cr": (N, "cr-lines"),
    "line-long": (N, "long-lines"),
    "line-unknown": (N, "any-verb"),
    "line-nul": (N, "drops-octets"),
    "line-nul-path": (N, "drops-octets"),
    "line-verb": (N, "drops-octets"),
    "line-hello": (N, "any-hello"),
    "path-": (N, "any-path"),
    "path-parameter": (N, "any-parameter"),
    "path-unknown": (N, "any-parameter"),
    "http-": (N, "http"),
    "limit-errors": (N, "no-error-limit"),
    "limit-recipients": (N, "no-recipient-limit"),
    "limit-size": (N, "no-size-limit"),
    "limit-data": (N, "big-ends-data"),
    "pipeline-": (N, "no-pipelining"),
    "early-": (N, "no-pipelining"),
    "early-greeting": (N, "lost-before-greeting"),
    "order-": (N, "any-order"),
    "order-reset": (N, "keeps-envelope"),
    "order-refused-data": (N, "takes-refused"),
    "reply-lines": (N, "echo"),
    "reply-enhanced": (N, "no-codes"),
    "reply-plain": (N, "codes-in-greeting"),
    "reply-helo": (N, "helo-lists"),
    "proxy-v1-": (N, "proxy-any", "--proxy", "v1"),
    "proxy-v2-": (N, "proxy-any", "--proxy", "v2"),
    "proxy-cut": (N, "proxy-any", "--proxy", "v1"),
    "proxy-pieces": (N, "proxy-one-read", "--proxy", "v2"),
    "proxy-glued": (N, "proxy-eats", "--proxy", "v1"),
    "proxy-v1-unknown": (N, "proxy-for-clients", "--proxy", "v1"),
    "proxy-v2-local": (N, "proxy-for-clients", "--proxy", "v2"),
}

# More faults, in cases that others make fail already.
MORE = {
    "inject-reset": (P, "answers-first"),
    "limit-recipients": (N, "few-recipients"),
    "reply-lines": (N, "two-codes"),
    "reply-enhanced": (N, "wrong-class"),
    "reply-helo": (N, "lf-replies"),
    "reply-plain": (N, "codes-in-ehlo"),
}


# Families of cases that are for some settings alone; that of proxies has a
# shakod of its own.
FAMILIES = {"inject": {P, R}, "upgrade": {P, R, S}, "tls": {P, R, S},
            "required": {R}, "no": {N}, "preferred": {P}, "smtps": {S},
            "proxy": set()}

# Others that some settings leave out.
LEFT_OUT = {
    "auth-clear": {S}, "truncated-notified": {N},
    "upgrade-envelope": {R, S}, "upgrade-offered": {S}, "upgrade-works": {S},
    "upgrade-no-greeting": {S}, "upgrade-hello": {S}, "upgrade-parameter": {S},
    "upgrade-before-hello": {S},
}


def is_for(name, mode):
    """Returns whether the case |name| is for a shakod of that |mode|."""
    return (mode in FAMILIES.get(name.split("-")[0], {N, P, R, S})
            and mode not in LEFT_OUT.get(name, ()))


def demand_shakod(mode):
    options = {S: ("--listen-tls", "127.0.0.1:0")}.get(
        mode, ("--listen", "127.0.0.1:0", "--tls", mode))
    with Server("--discard", "--max-message-size", 500000, *options) as server:
        passed = demand_passes(server.port("smtps" if mode == S else "smtp"),
                               mode, *(["--smtps"] if mode == S else []))
    same(passed, {name for name in names() if is_for(name, mode)})


@case
def shakod_with_tls_no():
    demand_shakod(N)


@case
def shakod_with_tls_preferred():
    demand_shakod(P)


@case
def shakod_with_tls_required():
    demand_shakod(R)


@case
def shakod_with_tls_from_the_first_octet():
    demand_shakod(S)


class Endless(Faulty):
    """Says the same |octets| for ever, to one client after the other."""

    def __init__(self, octets):
        super().__init__(N)
        self._octets = octets * 1000

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            try:
                while True:
                    connection.sendall(self._octets)
            except OSError:
                connection.close()


def itself(function):
    """Makes |function| a case of the probe, which needs no engine of shakod's:
    once is enough."""
    return function if ENGINE else case(function)


# How a careful server is started, and what the probe is told.
CAREFUL = [(N, 0), (P, 0), (R, 0), (S, 0), (N, 1), (P, 2), (S, 1), (S, 2)]


def options_of(mode, proxy):
    return ((["--smtps"] if mode == S else [])
            + (["--proxy", f"v{proxy}", "--only", "proxy-"] if proxy else []))


@itself
def a_careful_server_passes_every_case():
    passed = set()
    for mode, proxy in CAREFUL:
        with Faulty(mode, proxy=proxy) as server:
            passed |= demand_passes(server.port, mode,
                                    *options_of(mode, proxy))
    same(sorted(set(names()) - passed), [])


def fault_of(name):
    """Returns what makes the case |name| fail."""
    families = [word for word in FAILS
                if word.endswith("-") and name.startswith(word)]
    return next(FAILS[word] for word in [name, *families] if word in FAILS)


def demand_failure(name, mode, fault, *options):
    proxy = int(options[1][1]) if options else 0
    setting = ["--smtps"] if mode == S else ["--mode", mode]
    with Faulty(mode, fault, proxy) as server:
        status, rows = probe(server.port, "--timeout", "1", "--only", name,
                             *setting, *options)
    same((name, rows[name]["result"], status), (name, "FAIL", 1))
    check(rows[name]["why"], rows[name])


@itself
def each_case_can_fail():
    for name in names():
        demand_failure(name, *fault_of(name))
    for name, fault in MORE.items():
        demand_failure(name, *fault)


@itself
def each_fault_makes_a_case_fail():
    used = {fault_of(name)[1] for name in names()}
    used |= {fault[1] for fault in MORE.values()}
    same(used, set(FAULTS))


@itself
def what_cannot_be_tested_ends_it_with_2():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"127.0.0.1:{listener.getsockname()[1]}"
    for words in ([], ["localhost"], ["localhost:0"], ["[::1:25"],
                  ["--mode", "yes", nobody], ["--only", "no-such", nobody],
                  ["--rcpt", "a> \r\nQUIT", nobody], ["--timeout", "0", nobody],
                  ["--proxy", "v3", nobody], [nobody, nobody], [nobody]):
        text = run(PROBE, *words, status=2)
        check(text.startswith("probe: ") or "invalid" in text, text)
    with Faulty(N) as server, Faulty(S) as secure:
        for port, option in (server.port, "--smtps"), (secure.port, "--json"):
            run(PROBE, "--timeout", "1", option, f"127.0.0.1:{port}", status=2)


@itself
def a_server_without_an_end_is_left():
    """It sends replies, or nothing, or whatever it is, for ever."""
    for octets in b"250-x\r\n", b"250 x\r\n", b"x", b"\x17\x03\x03\0\1x":
        with Endless(octets) as server:
            run(PROBE, "--timeout", "1", "--only", "tls-cut", "--smtps",
                f"127.0.0.1:{server.port}", status=2)
            run(PROBE, "--timeout", "1", "--only", "line-lf",
                f"127.0.0.1:{server.port}", status=None)


@itself
def it_reads_as_lines():
    with Faulty(P, "keeps-input") as server:
        text = run(PROBE, "--only", "inject-command",
                   f"localhost:{server.port}", status=1)
    lines = text.splitlines()
    same(len(lines), 2)
    check(lines[0].startswith("FAIL inject-command (RFC 3207 4, CVE-2011-0411):"
                              " octets from before TLS were read inside it: 250"
                              ', sent "'), lines[0])
    check(lines[1].startswith("0 passed, 1 failed, 0 skipped (preferred; "),
          lines[1])


main(limit=110)
