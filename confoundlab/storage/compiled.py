"""Compiled functions whose cache on disk is safe: for several processes at once, and for closures.

numba keeps the machine code of a function in files, and two things go wrong there, both in silence
or with a dead process:

- files are numbered as they are saved, one for each signature and each kind of processor. Two
  processes that save at once may take the same number, and one's code is loaded for the other's
  from that day on (numba issues 4807 and 10128). Here saving waits for a lock.
- symbols are numbered as they are compiled. Of two closures of the same lines, one from the cache
  and one compiled now may get the same symbol, and whoever calls both gets one of them twice. It
  takes no more than a first import that was interrupted. Here a closure is named by what it holds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from filelock import FileLock
from numba.core.caching import FunctionCache

_PATIENCE = 60.0  # seconds; to save takes milliseconds
_LOCK = "compiled.lock"  # one a folder of cached code


class _Cache(FunctionCache):
    def save_overload(self, sig: Any, data: Any) -> None:
        """Save one at a time; where that cannot be had, the next process compiles again."""
        with contextlib.suppress(OSError, NotImplementedError):
            Path(self.cache_path).mkdir(parents=True, exist_ok=True)
            with FileLock(Path(self.cache_path) / _LOCK, timeout=_PATIENCE):
                super().save_overload(sig, data)  # type: ignore[no-untyped-call]


def compiled(signature: Any = None, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function with numba, without the interpreter's lock, and cache it on disk.

    Parameters
    ----------
    signature : numba signature, optional
        The only one, compiled at once; without it each is compiled as it is called.
    **options
        Of `numba.njit`.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        held = [str(cell.cell_contents) for cell in function.__closure__ or ()]
        function.__qualname__ = "_".join([function.__qualname__, *held])
        ready = numba.njit(nogil=True, **options)(function)
        if vars(numba.config)["DISABLE_JIT"]:
            return ready
        ready._cache = _Cache(function)  # type: ignore[no-untyped-call]
        if signature is not None:
            ready.compile(signature)
            ready.disable_compile()
        return ready

    return decorate
