"""Ways to a host that is barred, each as somebody would try it, with what is to come of it.

A way is gone twice with the same client: before anything is enforced, when it must lead there (else it shows nothing),
and with the directive in force. Each has a host name of its own, so that its record is its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from tests.agent.network.hellos import client_hello, extension, long_hello, message, records, server_name
from tests.e2e.enforce import internet
from tests.e2e.enforce.wired import BY_FILE, CERTIFICATE, FOLDER, Wired
from tests.enforcing import PERSON, Started

Outcome = Literal["name", "tls", "address", "quic", "through", "allowed"]
"""`name`: refused when it was asked for. `tls`: broken off at the first message of the connection. `address`, `quic`:
refused by the kernel. `through`: a limit. `allowed`: nobody barred it."""

ZONE: Final = "vendor.example"


@dataclass(frozen=True)
class Way:
    """One way. `told` is what its record is about, where that is not the host; `limit` are words of the line of
    docs/limitations.md that says that it leads there; `event` those of the record that tells of it all the same."""

    name: str
    outcome: Outcome
    run: Callable[[Wired, str], Started]
    host: str
    told: str = ""
    limit: str = ""
    event: str = ""

    def leads_there(self, done: Started) -> bool:
        """Whether the host was reached."""
        return "reached" in done.out


WAYS: Final[list[Way]] = []
Run = Callable[[Wired, str], Started]


def way(
    name: str, outcome: Outcome, *, host: str = "", told: str = "", limit: str = "", event: str = ""
) -> Callable[[Run], Run]:
    """Register a way. Without `host` it gets a name of its own in the barred zone."""

    def register(run: Run) -> Run:
        own = host or f"way-{len(WAYS)}.{ZONE}"
        WAYS.append(Way(name, outcome, run, own, told, limit, event))
        return run

    return register


# The name is asked for.


@way("curl", "name")
def _(here: Wired, host: str) -> Started:
    return here.curl(f"https://{host}/")


@way("curl, without TLS", "name")
def _(here: Wired, host: str) -> Started:
    return here.curl(f"http://{host}/")


@way("curl, written otherwise", "name")
def _(here: Wired, host: str) -> Started:
    return here.curl(f"https://{host.upper()}./")


FETCH: Final = "const page = await fetch(process.argv[1]); console.log(await page.text())"


@way("node: fetch", "name")
def _(here: Wired, host: str) -> Started:
    return here.node(FETCH, f"https://{host}/")


OPENED: Final = """
import ssl, sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=8).read().decode())
"""


@way("python", "name")
def _(here: Wired, host: str) -> Started:
    return here.python(OPENED, f"https://{host}/")


def asked(here: Wired, *words: str) -> Started:
    """A question for a name: to be answered is to be led there."""
    done = here.probe("resolve", *words)
    answers = json.loads(done.out.splitlines()[-1]).get("answers")
    return Started(done.code, f"reached {answers}" if answers else done.out, done.err, done.ms)


for _kind in ("A", "AAAA", "HTTPS"):
    way(f"{_kind} records", "name")(lambda here, host, kind=_kind: asked(here, host, kind))  # type: ignore[misc]
for _how in ("udp", "tcp"):
    way(f"a resolver of one's own, by {_how}", "name")(
        lambda here, host, how=_how: asked(here, host, "A", internet.OWN_RESOLVER, how)  # type: ignore[misc]
    )

OTHER_RESOLVER: Final = """
import dns from 'node:dns'; import https from 'node:https'
const [server, host] = process.argv.slice(1)
const resolver = new dns.promises.Resolver({timeout: 2000, tries: 2})
resolver.setServers([server])
const [address] = await resolver.resolve4(host)
https.get({host: address, servername: host, headers: {Host: host}}, page => page.pipe(process.stdout))
"""


@way("node: a resolver of one's own", "name")
def _(here: Wired, host: str) -> Started:
    return here.node(OTHER_RESOLVER, internet.OWN_RESOLVER, host)


@way("encrypted DNS, of a known resolver by name", "name", told="dns.google")
def _(here: Wired, host: str) -> Started:
    return here.curl("--doh-url", "https://dns.google/dns-query", f"https://{host}/")


# The name is known from elsewhere.


@way("node: a resolver of one's own, at a port of its own", "tls")
def _(here: Wired, host: str) -> Started:
    return here.node(OTHER_RESOLVER, f"{internet.OWN_RESOLVER}:{internet.OWN_PORT}", host)


@way("encrypted DNS, of a resolver that nobody has listed", "tls")
def _(here: Wired, host: str) -> Started:
    return here.curl("--doh-url", "https://doh.example.org/dns-query", f"https://{host}/")


@way("/etc/hosts", "tls", host=BY_FILE)
def _(here: Wired, host: str) -> Started:
    return here.curl(f"https://{host}/")


@way("/etc/hosts, node", "tls", host=BY_FILE)
def _(here: Wired, host: str) -> Started:
    return here.node(FETCH, f"https://{host}/")


@way("an address that is written down", "tls")
def _(here: Wired, host: str) -> Started:
    return here.curl("--resolve", f"{host}:443:{internet.VENDOR}", f"https://{host}/")


@way("an address of version 6 that is written down", "tls")
def _(here: Wired, host: str) -> Started:
    return here.curl("--resolve", f"{host}:443:[{internet.VENDOR6}]", f"https://{host}/")


@way("another port of TLS", "tls")
def _(here: Wired, host: str) -> Started:
    return here.curl("--resolve", f"{host}:8443:{internet.VENDOR}", f"https://{host}:8443/")


@way("TLS 1.2", "tls")
def _(here: Wired, host: str) -> Started:
    return here.curl("--tls-max", "1.2", "--resolve", f"{host}:443:{internet.VENDOR}", f"https://{host}/")


@way("with the first packet (TCP fast open)", "tls")
def _(here: Wired, host: str) -> Started:
    return here.curl("--tcp-fastopen", "--resolve", f"{host}:443:{internet.VENDOR}", f"https://{host}/")


IN_PIECES: Final = """
import socket, ssl, sys, time
host, address, how = sys.argv[1:]
inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
end = ssl.create_default_context().wrap_bio(inside, outside, server_hostname=host)
far = socket.create_connection((address, 443), 8)
far.settimeout(8)
far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

def say(data):
    if how == "empty" and data[:1] == b"\\x16":
        far.sendall(b"\\x16\\x03\\x01\\0\\0" * 3 + data)
    elif how == "records" and data[:1] == b"\\x16":
        message = data[5:]
        for at in range(0, len(message), 40):
            part = message[at:at + 40]
            far.sendall(b"\\x16\\x03\\x01" + len(part).to_bytes(2, "big") + part)
    else:
        for at in range(0, len(data), 40):
            far.sendall(data[at:at + 40])
            time.sleep(0.001)

def carried(step):
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            pending = outside.read()
            if pending:
                say(pending)
            data = far.recv(65536)
            if not data:
                sys.exit("ended")
            inside.write(data)

carried(end.do_handshake)
how = "whole"
end.write(f"GET / HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
far.sendall(outside.read())
page = b""
while b"reached" not in page:
    page += carried(lambda: end.read(65536))
print(page.decode())
"""


@way("the first message in small packets", "tls")
def _(here: Wired, host: str) -> Started:
    return here.python(IN_PIECES, host, internet.VENDOR, "packets")


@way("the first message in small records", "tls")
def _(here: Wired, host: str) -> Started:
    return here.python(IN_PIECES, host, internet.VENDOR, "records")


@way("empty records before the first message", "tls")
def _(here: Wired, host: str) -> Started:
    return here.python(IN_PIECES, host, internet.VENDOR, "empty")


SPOKEN: Final = """
import socket, sys
end = socket.create_connection((sys.argv[1], 443), 8)
end.sendall(open(sys.argv[2], "rb").read())
answer = end.recv(100)
print("reached" if answer and answer[-1] != 49 else f"refused: {answer!r}")
"""
"""Says what is in a file, and hears what comes of it: anything but "access denied" comes from the server."""


@way("a first message of a hundred kilobytes", "tls", host=internet.VENDOR)
def _(here: Wired, host: str) -> Started:
    return here.python(SPOKEN, host, here.room.write(f"{FOLDER}/long", long_hello(f"long.{ZONE}")))


def spoken(here: Wired, data: bytes) -> Started:
    """Say this to the vendor's address."""
    return here.python(SPOKEN, internet.VENDOR, here.room.write(f"{FOLDER}/said", data))


way("a name in other letters in the hello", "tls")(lambda here, host: spoken(here, client_hello(host.upper())))
way("a name with a dot behind it in the hello", "tls")(lambda here, host: spoken(here, client_hello(f"{host}.")))
way("records of one byte", "tls")(lambda here, host: spoken(here, client_hello(host, size=1)))
way("sixteen kilobytes before the name", "tls")(
    lambda here, host: spoken(here, records(message(extension(21, bytes(16_000)), server_name(host))))
)


@way("a name to be completed", "name")
def _(here: Wired, host: str) -> Started:
    short = host.partition(".")[0]
    command = ("/usr/bin/curl", "-sSk", "-m", "8", f"https://{short}/")
    return here.room.run(*command, uid=PERSON, folder="/", LOCALDOMAIN=ZONE)


@way("a question in letters of both sizes", "name")
def _(here: Wired, host: str) -> Started:
    return asked(here, "".join(one.upper() if place % 2 else one for place, one in enumerate(host)), "A")


@way("connected elsewhere", "tls")
def _(here: Wired, host: str) -> Started:
    return here.curl("--connect-to", f"::{internet.VENDOR}:443", f"https://{host}/")


@way("an address of version 4 within one of version 6", "tls")
def _(here: Wired, host: str) -> Started:
    return here.curl("--resolve", f"{host}:443:[::ffff:{internet.VENDOR}]", f"https://{host}/")


OVER_MANY_PATHS: Final = """
import socket, ssl, sys
host, address = sys.argv[1:]
try:
    far = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
except OSError:
    far = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
far.settimeout(8)
far.connect((address, 443))
end = ssl.create_default_context().wrap_socket(far, server_hostname=host)
end.sendall(f"GET / HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
print(end.recv(65536).decode() + end.recv(65536).decode())
"""


@way("TCP over many paths", "tls")
def _(here: Wired, host: str) -> Started:
    return here.python(OVER_MANY_PATHS, host, internet.VENDOR)


# Relays and proxies.


@way("a relay", "name", host="relay.example.net")
def _(here: Wired, host: str) -> Started:
    return here.curl(f"https://{host}/v1/messages")


@way("a relay, at an address that is written down", "tls", host="relay.example.net")
def _(here: Wired, host: str) -> Started:
    return here.curl("--resolve", f"{host}:443:{internet.RELAY}", f"https://{host}/v1/messages")


@way("a relay that the directive names by its address", "address", host=f"{internet.RELAY_ADDRESS} port 443")
def _(here: Wired, _: str) -> Started:
    return here.curl(f"https://{internet.RELAY_ADDRESS}/v1/messages")


FORWARDED: Final = """
import socket, subprocess, sys, threading
to, port, *command = sys.argv[1:]
own = socket.create_server(("127.0.0.1", 0))

def pump(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    finally:
        other.shutdown(socket.SHUT_WR)

def serve():
    near = own.accept()[0]
    try:
        far = socket.create_connection((to, int(port)), 8)
    except OSError as error:
        print(error, file=sys.stderr)
        near.close()
        return
    threading.Thread(target=pump, args=(near, far), daemon=True).start()
    pump(far, near)

threading.Thread(target=serve, daemon=True).start()
command = [word.replace("PORT", str(own.getsockname()[1])) for word in command]
sys.exit(subprocess.run(command).returncode)
"""
"""A proxy on this machine that leads everything to one place, and a command that uses it."""


def forwarded(here: Wired, to: str, port: str, url: str, *words: str) -> Started:
    """Through a static proxy."""
    return here.python(
        FORWARDED, to, port, "/usr/bin/curl", "-sS", "-m", "8", "--cacert", CERTIFICATE, *words, url
    )  # fmt: skip


@way("a static proxy to a relay", "name", host="relay.example.net")
def _(here: Wired, host: str) -> Started:
    return forwarded(here, host, "80", "http://127.0.0.1:PORT/v1/messages")


@way("a static proxy to the address of a relay", "address", host=f"{internet.RELAY_ADDRESS} port 80")
def _(here: Wired, _: str) -> Started:
    return forwarded(here, internet.RELAY_ADDRESS, "80", "http://127.0.0.1:PORT/v1/messages")


@way("a static proxy to the vendor's address", "tls")
def _(here: Wired, host: str) -> Started:
    return forwarded(here, internet.VENDOR, "443", f"https://{host}/", "--connect-to", "::127.0.0.1:PORT")


@way("a proxy at its usual port", "tls")
def _(here: Wired, host: str) -> Started:
    return here.curl("--proxy", f"http://{internet.NOBODYS}:3128", f"https://{host}/")


@way("a proxy at its usual port, to an address", "tls")
def _(here: Wired, host: str) -> Started:
    proxy = f"http://{internet.NOBODYS}:3128"
    return here.curl("--proxy", proxy, "--connect-to", f"::{internet.VENDOR}:443", f"https://{host}/")


REQUESTED: Final = """
import socket, ssl, sys, time
host, address, line = sys.argv[1:]
end = socket.create_connection((address, 3128), 8)
end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for one in line.encode().decode("unicode_escape").replace("HOST", host).encode().partition(b"T"):
    end.sendall(one)
    time.sleep(0.01)
said = end.recv(4096)
if b" 200 " not in said:
    sys.exit(repr(said))
end = ssl.create_default_context().wrap_socket(end, server_hostname=host)
end.sendall(f"GET / HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
print(end.recv(65536).decode() + end.recv(65536).decode())
"""
"""A request to a proxy, word for word, and a connection through it."""

for _name, _line in {
    "behind an empty line": r"\r\nCONNECT HOST:443 HTTP/1.1\r\n\r\n",
    "with other blanks": r"CONNECT\t  HOST:443\tHTTP/1.1\r\n\r\n",
    "of another version": r"CONNECT HOST:443 HTTP/7\r\n\r\n",
    "with a dot": r"connect HOST.:443 HTTP/1.1\r\n\r\n",
    "with much behind it": r"CONNECT HOST:443 HTTP/1.1\r\nX: " + "x" * 9000 + r"\r\n\r\n",
}.items():
    way(f"a request to a proxy {_name}", "tls")(
        lambda here, host, line=_line: here.python(REQUESTED, host, internet.NOBODYS, line)  # type: ignore[misc]
    )


@way("a neighbour through a proxy, by its address", "allowed", host="neighbour.example.org")
def _(here: Wired, host: str) -> Started:
    proxy = f"http://{internet.NOBODYS}:3128"
    return here.curl("--proxy", proxy, "--connect-to", f"::{internet.VENDOR}:443", f"https://{host}/")


@way("a proxy at another port", "through", limit="a proxy at a port of its own")
def _(here: Wired, host: str) -> Started:
    return here.curl("--proxy", f"http://{internet.NOBODYS}:{internet.UNUSUAL_PORT}", f"https://{host}/")


@way("a relay that nobody has listed", "through", host="gateway.example.org", limit="A relay that nobody has listed")
def _(here: Wired, host: str) -> Started:
    return here.curl(f"https://{host}/v1/messages")


# Encrypted DNS and QUIC.


@way("encrypted DNS, of a known resolver by address", "address", told=f"{internet.PUBLIC_RESOLVER} port 443")
def _(here: Wired, host: str) -> Started:
    return here.curl("--doh-url", f"https://{internet.PUBLIC_RESOLVER}/dns-query", f"https://{host}/")


@way("DNS over TLS", "address", host=f"{internet.OWN_RESOLVER} port 853")
def _(here: Wired, _: str) -> Started:
    return here.curl(f"https://{internet.OWN_RESOLVER}:853/")


QUIC: Final = """
import json, socket, sys, time
end = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
end.settimeout(8)
began = time.monotonic()
try:
    end.connect((sys.argv[1], 443))
    end.send(bytes([0xc3, 0, 0, 0, 1, 8]) + bytes(1194))
    print("reached" if end.recv(2000) else "")
except OSError as error:
    print(f"{type(error).__name__} after {(time.monotonic() - began) * 1000:.2f} ms")
"""
"""A datagram as large as the first of QUIC, and how soon it is clear what comes of it."""


@way("QUIC", "quic", host=internet.VENDOR)
def _(here: Wired, host: str) -> Started:
    return here.python(QUIC, host)


@way("QUIC, version 6", "quic", host=internet.VENDOR6)
def _(here: Wired, host: str) -> Started:
    return here.python(QUIC, host)


# The name is not to be seen.


@way(
    "an address that is written down, no name", "through", host=internet.VENDOR,
    limit="TLS without a name", event="no name in the hello",
)  # fmt: skip
def _(here: Wired, host: str) -> Started:
    return here.curl(f"https://{host}/")


@way("a name of somebody else in the hello", "through", limit="shows the name of another one at the same address")
def _(here: Wired, host: str) -> Started:
    return here.curl("--header", f"Host: {host}", "https://neighbour.example.org/")


@way(
    "an encrypted hello behind a name that nobody asked for", "through", host=internet.GOOD,
    limit="An encrypted hello", event="a name nobody asked for",
)  # fmt: skip
def _(here: Wired, host: str) -> Started:
    # A server that knows nothing of the field answers it as any other, with its own name for the outer one.
    path = here.room.write(f"{FOLDER}/hello", client_hello("cover.shown.example.org", encrypted=True))
    return here.python(SPOKEN, host, path)


@way("TLS at a port that is nobody's", "through", limit="TLS at other ports")
def _(here: Wired, host: str) -> Started:
    port = internet.UNUSUAL_PORT
    return here.curl("--resolve", f"{host}:{port}:{internet.VENDOR}", f"https://{host}:{port}/")


@way("without TLS, an address that is written down", "through", limit="HTTP without TLS")
def _(here: Wired, host: str) -> Started:
    return here.curl("--resolve", f"{host}:80:{internet.VENDOR}", f"http://{host}/")


@way(
    "a host that a cleared tool shares", "through", host=f"shared.{ZONE}", limit="a host that an allowed tool shares"
)  # fmt: skip
def _(here: Wired, host: str) -> Started:
    return here.curl(f"https://{host}/")


# What nobody barred.


@way("a business host of the vendor", "allowed", host=f"eu.business.{ZONE}")
def _(here: Wired, host: str) -> Started:
    return here.curl(f"https://{host}/")


@way("a business host of the vendor, node", "allowed", host=f"us.business.{ZONE}")
def _(here: Wired, host: str) -> Started:
    return here.node(FETCH, f"https://{host}/")


@way("a neighbour at the vendor's address", "allowed", host="neighbour.example.org")
def _(here: Wired, host: str) -> Started:
    return here.curl(f"https://{host}/")


@way("a neighbour by a resolver of one's own", "allowed", host="neighbour.example.org")
def _(here: Wired, host: str) -> Started:
    return here.node(OTHER_RESOLVER, internet.OWN_RESOLVER, host)


@way("a neighbour at an address that is written down", "allowed", host="neighbour.example.org")
def _(here: Wired, host: str) -> Started:
    return here.curl("--resolve", f"{host}:443:[{internet.VENDOR6}]", f"https://{host}/")


@way("a neighbour through a proxy", "allowed", host="neighbour.example.org")
def _(here: Wired, host: str) -> Started:
    return here.curl("--proxy", f"http://{internet.NOBODYS}:3128", f"https://{host}/")


@way("somebody else's host, python", "allowed", host="good.example.org")
def _(here: Wired, host: str) -> Started:
    return here.python(OPENED, f"https://{host}/")
