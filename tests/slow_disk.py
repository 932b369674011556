"""A file system of one file whose medium is slow: FUSE, spoken by hand, for tests.

`python -m tests.slow_disk FILE POINT SECONDS` mounts it at POINT as `program`. A read waits once for SECONDS, the first
time that its part of the file is asked for after the size of a head. It ends when it is unmounted.
Source: linux/fuse.h, fuse(4).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
import time
from typing import Final

HEADER: Final = struct.Struct("<IIQQIIII")
ANSWER: Final = struct.Struct("<IiQ")
ATTRIBUTES: Final = struct.Struct("<QQQQQQIIIIIIIIII")
READ: Final = struct.Struct("<QQI")
LOOKUP, GETATTR, OPEN, READING, STATFS, RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS = (
    1, 3, 14, 15, 17, 18, 25, 26, 27, 28, 29, 34,
)  # fmt: skip
FORGET, BATCH_FORGET, INTERRUPT, DESTROY = 2, 42, 36, 38
FOREVER: Final = 1 << 30
PROGRAM: Final = 2
LARGEST: Final = 1 << 17
HEAD: Final = 4096


def attributes(node: int, size: int) -> bytes:
    mode = stat.S_IFREG | 0o755 if node == PROGRAM else stat.S_IFDIR | 0o755
    return ATTRIBUTES.pack(node, size, (size + 511) // 512, 1, 1, 1, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def main(file: str, point: str, seconds: float) -> None:
    """Serve until it is unmounted."""
    source = os.open(file, os.O_RDONLY)
    size = os.fstat(source).st_size
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions".encode()
    if ctypes.CDLL(None, use_errno=True).mount(b"slow", os.fsencode(point), b"fuse", 0, options):
        raise OSError(ctypes.get_errno(), "mount")
    waited = False
    while True:
        try:
            request = os.read(device, LARGEST + 4096)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return
            if error.errno in (errno.EINTR, errno.ENOENT):
                continue
            raise
        _, code, unique, node, _, _, _, _ = HEADER.unpack_from(request)
        body = request[HEADER.size :]
        result = 0
        data = b""
        if code in (FORGET, BATCH_FORGET, INTERRUPT, DESTROY):
            continue
        if code == INIT:
            major, minor = struct.unpack_from("<II", body)
            data = struct.pack("<IIIIHHIIHHI28x", major, min(minor, 31), LARGEST, 0, 8, 8, LARGEST, 1, 0, 0, 0)
        elif code == LOOKUP and node == 1 and body.rstrip(b"\0") == b"program":
            data = struct.pack("<QQQQII", PROGRAM, 0, FOREVER, FOREVER, 0, 0) + attributes(PROGRAM, size)
        elif code == GETATTR:
            data = struct.pack("<QII", FOREVER, 0, 0) + attributes(node, size)
        elif code in (OPEN, OPENDIR):
            data = struct.pack("<QII", 1, 0, 0)
        elif code == READING:
            _, offset, length = READ.unpack_from(body)
            if offset >= HEAD and not waited:
                waited = True
                time.sleep(seconds)
            data = os.pread(source, length, offset)
        elif code == STATFS:
            data = struct.pack("<QQQQQIIII24x", 1, 0, 0, 2, 0, 4096, 255, 4096, 0)
        elif code not in (RELEASE, FLUSH, RELEASEDIR, READDIR):
            result = -(errno.ENOENT if code == LOOKUP else errno.ENOSYS)
        os.write(device, ANSWER.pack(ANSWER.size + len(data), result, unique) + data)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
