"""Packet rules through the library that `nft` itself is made of, in this process: nothing is started for it.

A table with the flag `owner` belongs to the netlink socket of one `Nftables`: nobody else can change it, and the kernel
removes it when that socket is closed, however its process ends. Source: libnftables(3), nft(8).
"""

from __future__ import annotations

import ctypes
import errno

LIBRARY = "libnftables.so.1"


class Nftables:
    """One conversation with the kernel. Not thread-safe; not to be used across a fork. OSError where it is missing."""

    def __init__(self) -> None:
        library = ctypes.CDLL(LIBRARY)
        library.nft_ctx_new.restype = ctypes.c_void_p
        library.nft_ctx_new.argtypes = [ctypes.c_uint32]
        for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
            getattr(library, name).restype = ctypes.c_char_p
            getattr(library, name).argtypes = [ctypes.c_void_p]
        for name in ("nft_ctx_buffer_output", "nft_ctx_buffer_error", "nft_ctx_free"):
            getattr(library, name).argtypes = [ctypes.c_void_p]
        library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        library.nft_ctx_set_dry_run.argtypes = [ctypes.c_void_p, ctypes.c_bool]
        self._library = library
        self._context: int | None = library.nft_ctx_new(0)
        if not self._context:
            raise OSError(errno.ENOMEM, "no conversation with the packet filter")
        library.nft_ctx_buffer_output(self._context)
        library.nft_ctx_buffer_error(self._context)

    def run(self, commands: str, *, check: bool = False) -> str:
        """Carry out the commands (nft's own language) in one transaction; what they print. With `check` nothing is
        changed. OSError with what is wrong where one cannot be carried out: then none was."""
        self._library.nft_ctx_set_dry_run(self._context, check)
        failed = self._library.nft_run_cmd_from_buffer(self._context, commands.encode())
        output: bytes = self._library.nft_ctx_get_output_buffer(self._context)
        error: bytes = self._library.nft_ctx_get_error_buffer(self._context)
        if failed:
            said = error.decode("utf-8", "replace").strip().splitlines() or ["refused"]
            raise OSError(errno.EINVAL, said[0][:200])
        return output.decode("utf-8", "replace")

    def close(self) -> None:
        """End the conversation. Tables that it owns are removed by the kernel."""
        if self._context:
            self._library.nft_ctx_free(self._context)
            self._context = None
