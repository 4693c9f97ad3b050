"""A thread with a bounded queue, for functions that an event loop must not run."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class QueueFull(Exception):
    pass


class ClientDisconnected(Exception):
    """The client has disconnected."""


class QueuedThread:
    """Calls functions one at a time. At most `max_pending` are queued or running."""

    def __init__(self, name: str, *, max_pending: int) -> None:
        self._executor = ThreadPoolExecutor(1, name)
        self._max_pending = max_pending
        self._pending = 0

    async def run(self, function: Callable[[], Result], wait_for_disconnect: Callable[[], Awaitable[None]]) -> Result:
        """Call the function in the thread and return its result.

        `wait_for_disconnect()` returns when the client disconnects. Raises QueueFull; ClientDisconnected if that
        happens while the function is queued, which is then not called.
        """
        if self._pending >= self._max_pending:
            raise QueueFull
        is_queued = self._pending > 0
        self._pending += 1
        loop = asyncio.get_running_loop()
        call = self._executor.submit(function)
        call.add_done_callback(lambda _: loop.call_soon_threadsafe(self._end))  # even if the caller is cancelled
        result = asyncio.wrap_future(call)
        disconnect = asyncio.ensure_future(wait_for_disconnect()) if is_queued else None
        try:
            if disconnect is not None:
                await asyncio.wait({result, disconnect}, return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]  # of two types
                if not result.done() and call.cancel():
                    raise ClientDisconnected
            return await result
        finally:
            if disconnect is not None:
                disconnect.cancel()
            call.cancel()  # if it is still queued and the caller was cancelled

    def _end(self) -> None:
        self._pending -= 1
