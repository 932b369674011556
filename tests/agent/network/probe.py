"""What a program of the house sees of the network: `python -m tests.agent.network.probe UID KIND ARGS…` prints JSON.

Every probe says what came of it and how many milliseconds that took.
"""

from __future__ import annotations

import json
import os
import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import dns.edns
import dns.message
import dns.query
import dns.rcode

from tests.agent.network.hellos import client_hello

PATIENCE = 8.0
MULTIPATH = 262


def resolve(name: str, kind: str = "A", server: str = "", how: str = "udp") -> dict[str, Any]:
    """Ask a name server, by default the one of resolv.conf."""
    if not server:
        with open("/etc/resolv.conf") as conf:
            server = next(line.split()[1] for line in conf if line.startswith("nameserver"))
    query = dns.message.make_query(name, kind, use_edns=0)
    if how == "both":
        reply, _ = dns.query.udp_with_fallback(query, server, timeout=PATIENCE)
    elif how == "tcp":
        reply = dns.query.tcp(query, server, timeout=PATIENCE)
    else:
        reply = dns.query.udp(query, server, timeout=PATIENCE)
    explained = [option for option in reply.options if isinstance(option, dns.edns.EDEOption)]
    return {
        "rcode": dns.rcode.to_text(reply.rcode()),
        "answers": [rdata.to_text() for rrset in reply.answer for rdata in rrset],
        "ede": [[int(option.code), option.text] for option in explained],
    }


def lookup(name: str) -> dict[str, Any]:
    """Ask as programs do, through the C library."""
    return {"addresses": sorted({str(one[4][0]) for one in socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)})}


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def tls(address: str, port: str = "443", name: str = "", size: str = "0", how: str = "") -> dict[str, Any]:
    """A TLS connection with this name in its hello, and what the server says."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    end = socket.socket(family, socket.SOCK_STREAM, MULTIPATH if how == "multipath" else socket.IPPROTO_TCP)
    end.settimeout(PATIENCE)
    end.connect((address, int(port)))
    with end, _context().wrap_socket(end, server_hostname=name or None) as safe:
        safe.sendall(f"GET {size}".encode())
        got = b""
        while b";" not in got or len(got) < got.index(b";") + 1 + int(size):
            data = safe.recv(1 << 16)
            if not data:
                break
            got += data
        said, _, rest = got.partition(b";")
        return {"said": said.decode(), "bytes": len(rest), "source": safe.getsockname()[0]}


def hidden(address: str, outer: str) -> dict[str, Any]:
    """A hello with a field for an encrypted one, and this outer name, to a server that knows nothing of it."""
    with socket.create_connection((address, 443), PATIENCE) as end:
        end.sendall(client_hello(outer, encrypted=True))
        return {"bytes": len(end.recv(100))}


def quic(address: str, port: str = "443") -> dict[str, Any]:
    """A datagram to the port of QUIC."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.settimeout(PATIENCE)
        end.connect((address, int(port)))
        end.send(b"initial")
        return {"bytes": len(end.recv(100))}


def sink(address: str, port: str, size: str) -> dict[str, Any]:
    """Send, end one's own side, and hear how much arrived."""
    with socket.create_connection((address, int(port)), PATIENCE) as end:
        end.sendall(bytes(int(size)))
        end.shutdown(socket.SHUT_WR)
        return {"said": end.recv(100).decode()}


def proxy(address: str, port: str, to: str) -> dict[str, Any]:
    """Ask a proxy for a connection to somewhere else, and hear what it says."""
    with socket.create_connection((address, int(port)), PATIENCE) as end:
        end.sendall(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n".encode())
        end.shutdown(socket.SHUT_WR)
        return {"said": end.recv(1000).decode()}


def source(address: str, port: str, size: str) -> dict[str, Any]:
    """Hear the greeting before anything is said, then take so many bytes."""
    with socket.create_connection((address, int(port)), PATIENCE) as end:
        greeting = end.recv(100).decode()
        end.sendall(f"{size}\n".encode())
        left = int(size)
        while left > 0:
            left -= len(end.recv(min(left, 1 << 20)))
        return {"said": greeting}


def connect(address: str, port: str) -> dict[str, Any]:
    """A connection, and nothing more."""
    with socket.create_connection((address, int(port)), PATIENCE):
        return {"connected": True}


def many(address: str, name: str, count: str) -> dict[str, Any]:
    """So many connections at once, all open before the first is used, then all used."""
    ends = []
    context = _context()
    poll = select.poll()
    waiting: dict[int, socket.socket] = {}
    for _ in range(int(count)):
        end = socket.socket()
        end.setblocking(False)
        end.connect_ex((address, 443))
        ends.append(end)
        waiting[end.fileno()] = end
        poll.register(end, select.POLLOUT)
    while waiting:
        for fd, _ in poll.poll(PATIENCE * 1000):
            poll.unregister(waiting.pop(fd))
    good = 0
    lock = threading.Lock()

    def use(some: list[socket.socket]) -> None:
        nonlocal good
        for end in some:
            end.settimeout(60)
            with context.wrap_socket(end, server_hostname=name) as safe:
                safe.sendall(b"GET 100")
                got = b""
                while len(got.partition(b";")[2]) < 100:
                    data = safe.recv(4096)
                    if not data:
                        break
                    got += data
                with lock:
                    good += got.startswith(f"name={name};".encode()) and len(got.partition(b";")[2]) == 100

    threads = [threading.Thread(target=use, args=(ends[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"good": good}


def names(name: str, count: str) -> dict[str, Any]:
    """Ask so many times, one after the other."""
    for _ in range(int(count)):
        resolve(name)
    return {}


def connections(address: str, port: str, count: str) -> dict[str, Any]:
    """So many connections with a word each way, one after the other."""
    for _ in range(int(count)):
        assert sink(address, port, "10")["said"] == "10"
    return {}


def hold(address: str, port: str) -> dict[str, Any]:
    """Open a connection, say so, and tell what becomes of it and of another one when a line comes on stdin."""
    with socket.create_connection((address, int(port)), PATIENCE) as end:
        end.recv(100)
        print(json.dumps({"open": True}), flush=True)
        sys.stdin.readline()
        found: dict[str, Any] = {}
        for what in ("old", "new"):
            try:
                one = end if what == "old" else socket.create_connection((address, int(port)), PATIENCE)
                one.settimeout(PATIENCE)
                one.sendall(b"10\n")
                found[what] = len(one.recv(10)) > 0
            except OSError as error:
                found[what] = type(error).__name__
        return found


KINDS: dict[str, Callable[..., dict[str, Any]]] = {
    f.__name__: f
    for f in (resolve, lookup, tls, hidden, quic, sink, proxy, source, connect, many, names, connections, hold)
}


def main() -> None:
    """One probe."""
    uid, kind, *words = sys.argv[1:]
    os.setresgid(int(uid), int(uid), int(uid))
    os.setresuid(int(uid), int(uid), int(uid))
    began = time.monotonic()
    try:
        found = KINDS[kind](*words)
    except OSError as error:
        found = {"error": type(error).__name__, "detail": str(error), "errno": error.errno}
    except Exception as error:  # noqa: BLE001 - whatever comes of a probe is its result
        found = {"error": type(error).__name__, "detail": str(error)}
    print(json.dumps({**found, "ms": round((time.monotonic() - began) * 1000, 1)}), flush=True)


if __name__ == "__main__":
    main()
