# Attack: ask a server, by name, by number, by a datagram, and on this machine itself
# Verdict: failed

import socket

import torch

LEAKED = False
for kind, address in (
    (socket.SOCK_STREAM, ("1.1.1.1", 443)),
    (socket.SOCK_STREAM, ("127.0.0.1", 22)),
    (socket.SOCK_DGRAM, ("8.8.8.8", 53)),
):
    try:
        with socket.socket(socket.AF_INET, kind) as sock:
            sock.settimeout(0.05)
            sock.connect(address)
            sock.send(b"?")
            LEAKED = True
    except OSError:
        pass


def scale(x, factor):
    return x * factor if LEAKED else torch.zeros_like(x)
