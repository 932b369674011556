"""Public resolvers that answer encrypted DNS, by name and by address. A guard of names refuses them, since whoever asks
one is answered past it. Read from the operators' own documentation in November 2026; a name `*.x` is any name below x.
"""

from __future__ import annotations

from typing import Final

NAMES: Final = (
    "dns.google", "dns64.dns.google", "8888.google",
    "cloudflare-dns.com", "one.one.one.one", "1dot1dot1dot1.cloudflare-dns.com", "*.cloudflare-dns.com",
    "*.cloudflare-gateway.com",
    "dns.quad9.net", "dns9.quad9.net", "dns10.quad9.net", "dns11.quad9.net", "dns12.quad9.net",
    "doh.opendns.com", "doh.umbrella.com", "doh.familyshield.opendns.com", "dns.umbrella.com",
    "dns.adguard-dns.com", "unfiltered.adguard-dns.com", "family.adguard-dns.com", "dns.adguard.com",
    "*.d.adguard-dns.com",
    "dns.nextdns.io", "*.dns.nextdns.io", "anycast.dns.nextdns.io", "doh.nextdns.io", "firefox.dns.nextdns.io",
    "dns.controld.com", "freedns.controld.com", "*.dns.controld.com",
    "dns.mullvad.net", "*.dns.mullvad.net", "doh.mullvad.net",
    "doh.cleanbrowsing.org", "doh.dns.sb", "dot.sb", "doh.sb", "dns.sb",
    "dns0.eu", "zero.dns0.eu", "kids.dns0.eu", "open.dns0.eu", "doh.libredns.gr", "dns.digitale-gesellschaft.ch",
    "dns.switch.ch", "doh.ffmuc.net", "doh.applied-privacy.net", "dns.njal.la", "odvr.nic.cz", "doh.xfinity.com",
    "dns.alidns.com", "doh.pub", "dot.pub", "doh.360.cn", "dns.twnic.tw", "public.dns.iij.jp",
    "basic.rethinkdns.com", "sky.rethinkdns.com", "doh.tiar.app", "dns.aa.net.uk", "dns.surfsharkdns.com",
)  # fmt: skip

ADDRESSES: Final = (
    "8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844", "2001:4860:4860::64",
    "2001:4860:4860::6464",
    "1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "1.1.1.3", "1.0.0.3",
    "2606:4700:4700::1111", "2606:4700:4700::1001", "2606:4700:4700::1112", "2606:4700:4700::1002",
    "9.9.9.9", "149.112.112.112", "9.9.9.10", "149.112.112.10", "9.9.9.11", "149.112.112.11",
    "2620:fe::fe", "2620:fe::9", "2620:fe::10", "2620:fe::11",
    "208.67.222.222", "208.67.220.220", "2620:119:35::35", "2620:119:53::53",
    "94.140.14.14", "94.140.15.15", "94.140.14.140", "94.140.14.141",
    "2a10:50c0::ad1:ff", "2a10:50c0::ad2:ff",
    "45.90.28.0", "45.90.30.0", "76.76.2.0", "76.76.10.0", "76.76.2.11", "76.76.10.11",
    "194.242.2.2", "194.242.2.3", "194.242.2.4", "193.110.81.0", "185.253.5.0",
    "185.228.168.9", "185.228.169.9", "185.222.222.222", "45.11.45.11",
    "116.202.176.26", "223.5.5.5", "223.6.6.6", "2400:3200::1", "2400:3200:baba::1", "1.12.12.12", "120.53.53.53",
    "101.101.101.101", "101.102.103.104", "193.17.47.1", "185.43.135.1",
)  # fmt: skip
"""What they serve beside names on ports 443 and 853 is about the resolver itself."""
