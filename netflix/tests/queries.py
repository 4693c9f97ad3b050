"""Small queries, an event loop to run them in, and a server that does not answer them."""

import asyncio
import os
import signal
from contextlib import closing, contextmanager

from netflix.hot.connections import Pipeline
from netflix.hot.statements import Lane, Query, Statement


def query(sql, *, result=len, lane=Lane.QUICK, prepared=True, locked_row_key=None, **values):
    return Query(Statement(sql, lane=lane, prepared=prepared, locked_row_key=locked_row_key), values, result)


def echo(value, *, prepared=True):
    return query("SELECT %(value)s::text", prepared=prepared, result=lambda rows: rows[0][0], value=value)


def run(ask, of=Pipeline):
    """Call the coroutine function `ask` with new connections, close them, and return its result."""

    async def and_close():
        with closing(of()) as opened:
            return await ask(opened)

    return asyncio.run(and_close())


@contextmanager
def frozen(*pids):
    """Stop these server processes, whose sockets still accept data, until the block ends."""
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
