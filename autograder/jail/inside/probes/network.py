"""Ways to talk to anything but the grader."""

from __future__ import annotations

import ctypes
import os
import socket
import stat

from autograder.jail.inside.probes.registry import (
    DENIALS,
    Facts,
    Probe,
    add,
    denied,
    probe,
    reached,
    system_call,
)

_FAMILIES = (
    ("an IPv4 socket", "AF_INET", socket.SOCK_STREAM, 0),
    ("an IPv4 datagram socket", "AF_INET", socket.SOCK_DGRAM, 0),
    ("a raw IPv4 socket", "AF_INET", socket.SOCK_RAW, 1),
    ("an IPv6 socket", "AF_INET6", socket.SOCK_STREAM, 0),
    ("a UNIX socket", "AF_UNIX", socket.SOCK_STREAM, 0),
    ("a netlink socket", "AF_NETLINK", socket.SOCK_RAW, 0),
    ("a packet socket", "AF_PACKET", socket.SOCK_RAW, 0),
    ("a vsock socket", "AF_VSOCK", socket.SOCK_STREAM, 0),
    ("a kernel crypto socket", "AF_ALG", socket.SOCK_SEQPACKET, 0),
    ("a Bluetooth socket", "AF_BLUETOOTH", socket.SOCK_RAW, 1),
)


def _socket(family: str, kind: int, protocol: int) -> Probe:
    def make(_: Facts) -> object:
        with socket.socket(getattr(socket, family), kind, protocol) as opened:
            return opened.family

    return make


for _title, _family, _kind, _protocol in _FAMILIES:
    if hasattr(socket, _family):
        add("network", _title, _socket(_family, _kind, _protocol))


@probe("network", "any other family of socket")
def _any_family(_: Facts) -> object:
    opened = []
    for family in range(1, 50):
        try:
            socket.socket(family, socket.SOCK_DGRAM).close()
        except OSError as error:
            if error.errno in DENIALS:
                continue
        opened.append(family)
    if opened:
        return opened
    raise denied()


@probe("network", "a socket pair")
def _pair(_: Facts) -> object:
    for end in socket.socketpair():
        end.close()
    return "made"


@probe("network", "connecting to the grader's machine")
def _connect(facts: Facts) -> object:
    socket.create_connection(("127.0.0.1", facts["tcp_port"]), 1).close()
    return "connected"


@probe("network", "connecting to a UNIX socket by path")
def _connect_by_path(facts: Facts) -> object:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.connect(facts["unix_path"])
    return "connected"


@probe("network", "connecting to an abstract UNIX socket")
def _connect_abstract(facts: Facts) -> object:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.connect("\0" + facts["unix_abstract"])
    return "connected"


@probe("network", "connecting the answering socket elsewhere")
def _reconnect(_: Facts) -> object:
    sockets = [d for d in range(3, 64) if _is_socket(d)]
    address = ctypes.create_string_buffer(b"\1\0/x", 110)
    return reached(42, 203, sockets[0] if sockets else -1, address, 4)(_)


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return False


@probe("network", "io_uring")
def _io_uring(_: Facts) -> object:
    os.close(system_call(425, 425, 1, ctypes.create_string_buffer(120)))
    return "made"
