#!/usr/bin/env python3
"""Many connections at once, all of them idle for most of the time."""
import resource

from client import Client
from harness import Server, Skip, case, main, needs

COUNT = 500


def need_descriptors():
    """Lets the test, and the server that it starts, have enough of them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * COUNT:
        raise Skip(f"no more than {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def demand_all_quit(server, begin):
    clients = [Client(server.port()) for _ in range(COUNT)]
    for client in clients:
        begin(client)
    for client in clients:
        client.ask("NOOP", "250 2.0.0 ")
    for client in reversed(clients):
        client.send(b"QUIT\r\n")
    for client in clients:
        client.expect("221 2.0.0 ")
        client.demand_end()
        client.socket.close()
    for _ in clients:
        server.connection(messages=0, refused="none", end="quit")


@case
@needs("many")
def five_hundred_in_the_clear():
    need_descriptors()
    with Server() as server:
        demand_all_quit(server, Client.greeted)


@case
@needs("many")
def five_hundred_in_tls_on_two_workers():
    need_descriptors()
    with Server("--tls", "required", "--workers", "2") as server:
        demand_all_quit(server, Client.secured)


@case
@needs("many")
def sigterm_with_five_hundred_idle():
    need_descriptors()
    with Server("--workers", "2") as server:
        clients = [Client(server.port()).greeted() for _ in range(COUNT)]
        server.signal()
        for client in clients:
            client.expect("421 4.3.2 ")
            client.demand_end()
            client.socket.close()


main()
