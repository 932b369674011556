"""The internet that a guarded room is wired to: `python -m tests.e2e.enforce.internet FOLDER`, in a network namespace.

A vendor whose host shares its address with a neighbour, relays that are listed and one that is not, resolvers of all
kinds, proxies. Whoever comes through reads `reached`, with the name in the hello and the name in the request. The
folder has the certificate of them all. `ready` on stdout when they listen.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.agent.network.internet import answer, listen, serve_echo, serve_names, serve_source

RESOLVER: Final = "203.0.113.1"
GOOD: Final = "203.0.113.10"
VENDOR: Final = "203.0.113.20"
VENDOR6: Final = "2001:db8::20"
OWN_RESOLVER: Final = "203.0.113.53"
RELAY: Final = "203.0.113.90"
RELAY_ADDRESS: Final = "203.0.113.91"
"""A relay that the directive names by its address."""
NOBODYS: Final = "203.0.113.99"
"""A relay that nobody has listed, with proxies and a resolver of encrypted DNS."""
PUBLIC_RESOLVER: Final = "8.8.8.8"
OTHER_PUBLIC_RESOLVER: Final = "9.9.9.9"
ADDRESSES: Final = (
    *(f"{one}/24" for one in (RESOLVER, GOOD, VENDOR, OWN_RESOLVER, RELAY, RELAY_ADDRESS, NOBODYS)),
    *(f"{one}/32" for one in (PUBLIC_RESOLVER, OTHER_PUBLIC_RESOLVER)), f"{VENDOR6}/64",
)  # fmt: skip

NAMES: Final = {
    "good.example.org": GOOD, "neighbour.example.org": VENDOR, "relay.example.net": RELAY,
    "gateway.example.org": NOBODYS, "doh.example.org": NOBODYS, "dns.google": PUBLIC_RESOLVER,
    "use-application-dns.net": GOOD,
}  # fmt: skip
BELOW: Final = {"vendor.example": VENDOR, "shown.example.org": GOOD}
"""Zones in which every name has this address."""

OWN_PORT: Final = 5353
UNUSUAL_PORT: Final = 9000
SUBJECTS: Final = ",".join((
    *(f"DNS:{name}" for name in NAMES), *(f"DNS:*.{zone}" for zone in (*BELOW, "business.vendor.example")),
    *(f"IP:{one.partition('/')[0]}" for one in ADDRESSES),
))  # fmt: skip


def zone(name: str) -> tuple[str | None, str | None]:
    """The addresses of a name."""
    name = name.removesuffix(".")
    four = NAMES.get(name) or next((to for above, to in BELOW.items() if name.endswith(f".{above}")), None)
    return four, VENDOR6 if four == VENDOR else None


class Site(BaseHTTPRequestHandler):
    """Says that it was reached; answers encrypted questions for names too."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """A page, or a question for a name."""
        where = urlsplit(self.path)
        if where.path == "/dns-query":
            question = parse_qs(where.query)["dns"][0]
            self._names(base64.urlsafe_b64decode(question + "=" * (-len(question) % 4)))
            return
        if where.path in ("/slow", "/later"):
            # A connection under way: the one ends by itself, the other never does.
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"begun\n")
            threading.Event().wait(3 if where.path == "/later" else None)
            self.wfile.write(b"reached\n")
            self.close_connection = True
            return
        shown = getattr(self.connection, "shown", None)
        self._say(f"reached {self.headers['Host']} sni={shown}\n".encode(), "text/plain")

    def do_POST(self) -> None:
        """A question for a name."""
        self._names(self.rfile.read(int(self.headers["Content-Length"])))

    def _names(self, wire: bytes) -> None:
        self._say(answer(wire, stream=True, zone=zone), "application/dns-message")

    def _say(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is written down."""


class Sites(ThreadingHTTPServer):
    """Over TLS where there is a certificate."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address: str, port: int, certificate: ssl.SSLContext | None) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._certificate = certificate
        super().__init__((address, port), Site)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In a thread of its own."""
        if self._certificate is not None:
            request = self._certificate.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_: Any) -> None:
        """Clients break off."""


def serve_proxy(address: str, port: int) -> None:
    """A proxy for any connection (CONNECT)."""

    def serve(end: socket.socket) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += end.recv(4096) or b"\r\n\r\n"
        host, _, to = asked.split()[1].decode().rpartition(":")
        with socket.create_connection((zone(host)[0] or host, int(to)), 10) as far:
            end.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")
            back = threading.Thread(target=_pump, args=(far, end), daemon=True)
            back.start()
            _pump(end, far)
            back.join()

    listen(address, port, serve)


def _pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


def main() -> None:
    """Serve until stdin ends."""
    folder = sys.argv[1]
    certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    certificate.sni_callback = lambda end, name, _: setattr(end, "shown", name)
    for address in (RESOLVER, OWN_RESOLVER, PUBLIC_RESOLVER):
        serve_names(address, zone=zone)
    serve_names(OWN_RESOLVER, OWN_PORT, zone)
    for address in (GOOD, VENDOR, VENDOR6, RELAY, RELAY_ADDRESS, NOBODYS, PUBLIC_RESOLVER, OTHER_PUBLIC_RESOLVER):
        Sites(address, 443, certificate)
        Sites(address, 80, None)
        serve_echo(address, 443)
    for address in (OWN_RESOLVER, PUBLIC_RESOLVER):
        Sites(address, 853, certificate)
    Sites(VENDOR, 8443, certificate)
    Sites(VENDOR, UNUSUAL_PORT, certificate)
    for port in (3128, UNUSUAL_PORT):
        serve_proxy(NOBODYS, port)
    serve_source(GOOD, 7777)
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
