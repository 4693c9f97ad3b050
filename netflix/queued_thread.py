"""A thread that works for an event loop, with a bounded queue."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class QueueFull(Exception):
    pass


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class QueuedThread:
    """Calls functions one after the other. At most `most` are queued or at work at any time."""

    def __init__(self, name: str, *, most: int) -> None:
        self._executor = ThreadPoolExecutor(1, name)
        self._most = most
        self._pending = 0

    async def run(self, function: Callable[[], Result], hang_up: Callable[[], Awaitable[None]]) -> Result:
        """The function's result. `hang_up()` ends when the client has gone.

        Raises QueueFull; ClientGone when the client goes while its function is still queued, which is then not called.
        """
        if self._pending >= self._most:
            raise QueueFull
        is_queued = self._pending > 0
        self._pending += 1
        loop = asyncio.get_running_loop()
        call = self._executor.submit(function)
        call.add_done_callback(lambda _: loop.call_soon_threadsafe(self._end))  # however long nobody waits any more
        result = asyncio.wrap_future(call)
        gone = asyncio.ensure_future(hang_up()) if is_queued else None
        try:
            if gone is not None:
                await asyncio.wait({result, gone}, return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]  # of two types
                if not result.done() and call.cancel():
                    raise ClientGone
            return await result
        finally:
            if gone is not None:
                gone.cancel()
            call.cancel()  # if it is still queued, and whoever waited was cancelled

    def _end(self) -> None:
        self._pending -= 1
