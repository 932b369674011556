"""A small internet in a network namespace of its own: `python -m tests.agent.network.internet FOLDER`.

Name servers at several addresses, TLS servers that say which name they were asked for, and UDP servers that echo on
the ports of QUIC. `ready` on stdout when all of them listen.
"""

from __future__ import annotations

import functools
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset

RESOLVER, OTHER_RESOLVER = "203.0.113.1", "203.0.113.53"
GOOD, VENDOR, SECURE_RESOLVER, RELAY = "203.0.113.10", "203.0.113.20", "203.0.113.80", "203.0.113.90"
GOOD6, VENDOR6 = "2001:db8::10", "2001:db8::20"
ADDRESSES = (RESOLVER, OTHER_RESOLVER, GOOD, VENDOR, SECURE_RESOLVER, RELAY)
NAMES = {
    "good.example.org.": (GOOD, GOOD6),
    "api.vendor.example.": (VENDOR, VENDOR6),
    "eu.business.vendor.example.": (VENDOR, VENDOR6),
    "relay.example.net.": (RELAY, None),
    "doh.example.net.": (SECURE_RESOLVER, None),
    "use-application-dns.net.": (GOOD, None),
}
ALIASES = {"alias.example.org.": "api.vendor.example."}


Zone = Callable[[str], tuple[str | None, str | None]]
"""The addresses of a name (in small letters, with the dot at its end), of version 4 and 6."""


def here(name: str) -> tuple[str | None, str | None]:
    """The addresses of the names of this internet."""
    return NAMES.get(name, (None, None))


def answer(wire: bytes, *, stream: bool, zone: Zone = here) -> bytes:
    """What a name server says."""
    query = dns.message.from_wire(wire)
    reply = dns.message.make_response(query, recursion_available=True)
    one = query.question[0]
    name = one.name.to_text().lower()
    if name in ALIASES:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", ALIASES[name]))
        name = ALIASES[name]
    four, six = zone(name)
    if one.rdtype == dns.rdatatype.A and four:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", four))
    elif one.rdtype == dns.rdatatype.AAAA and six:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "AAAA", six))
    elif one.rdtype == dns.rdatatype.HTTPS and four:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "HTTPS", "1 . alpn=h3,h2"))
    elif name.startswith("long.") and one.rdtype == dns.rdatatype.TXT:
        if not stream:
            reply.flags |= dns.flags.TC
            return reply.to_wire()
        texts = [f'"{n:03d} {"x" * 200}"' for n in range(20)]
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *texts))
    elif not four and not six:
        reply.set_rcode(3)  # type: ignore[arg-type]
    return reply.to_wire(max_size=65535)


def serve_names(address: str, port: int = 53, zone: Zone = here) -> None:
    """A name server over UDP and TCP."""
    packets = socket.socket(_family(address), socket.SOCK_DGRAM)
    packets.bind((address, port))

    def by_packet() -> None:
        while True:
            wire, source = packets.recvfrom(4096)
            packets.sendto(answer(wire, stream=False, zone=zone), source)

    def by_stream(end: socket.socket) -> None:
        while head := end.recv(2, socket.MSG_WAITALL):
            reply = answer(end.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL), stream=True, zone=zone)
            end.sendall(struct.pack("!H", len(reply)) + reply)

    _thread(by_packet)
    listen(address, port, by_stream)


def listen(address: str, port: int, serve: Callable[[socket.socket], None]) -> None:
    """A TCP server with a thread for each connection."""
    listener = socket.socket(_family(address), socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(4096)

    def one(end: socket.socket) -> None:
        try:
            with end:
                serve(end)
        except OSError:
            pass

    def accept() -> None:
        while True:
            end, _ = listener.accept()
            _thread(functools.partial(one, end))

    _thread(accept)


def serve_tls(address: str, port: int, folder: str) -> None:
    """Says which name it was asked for; `GET /N` gives N bytes more; what is sent to `PUT` is counted."""

    def serve(end: socket.socket) -> None:
        asked: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        context.sni_callback = lambda _, name, __: asked.append(name)
        with context.wrap_socket(end, server_side=True) as safe:
            while request := safe.recv(65536):
                verb, _, number = request.decode("latin-1").strip().partition(" ")
                if verb == "GET":
                    safe.sendall(f"name={asked[-1] if asked else None};".encode() + bytes(int(number or 0)))

    listen(address, port, serve)


def serve_sink(address: str, port: int) -> None:
    """Counts what it gets until the other side has ended, then says how much it was: a half-closed connection."""

    def serve(end: socket.socket) -> None:
        count = 0
        while data := end.recv(1 << 20):
            count += len(data)
        end.sendall(str(count).encode())

    listen(address, port, serve)


def serve_source(address: str, port: int) -> None:
    """Speaks first: `N` zero bytes for a request `N\\n`, after a greeting."""

    def serve(end: socket.socket) -> None:
        end.sendall(b"hello from the server\n")
        request = b""
        while not request.endswith(b"\n"):
            more = end.recv(100)
            if not more:
                return
            request += more
        left = int(request)
        block = bytes(1 << 20)
        while left > 0:
            left -= end.send(block[: min(left, len(block))])

    listen(address, port, serve)


def serve_echo(address: str, port: int) -> None:
    """Echoes datagrams, as a QUIC server would answer."""
    end = socket.socket(_family(address), socket.SOCK_DGRAM)
    end.bind((address, port))

    def echo() -> None:
        while True:
            data, source = end.recvfrom(2048)
            end.sendto(data, source)

    _thread(echo)


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _thread(run: Callable[[], None]) -> None:
    threading.Thread(target=run, daemon=True).start()


def main() -> None:
    """Serve until stdin ends."""
    folder = sys.argv[1]
    for address in (RESOLVER, OTHER_RESOLVER):
        serve_names(address)
    for address in (GOOD, GOOD6, VENDOR, VENDOR6, SECURE_RESOLVER, RELAY):
        serve_tls(address, 443, folder)
        serve_echo(address, 443)
    serve_tls(VENDOR, 8443, folder)
    serve_tls(SECURE_RESOLVER, 853, folder)
    serve_sink(GOOD, 2053)
    serve_sink(GOOD, 3128)
    serve_source(GOOD, 2083)
    serve_source(GOOD, 7777)
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
