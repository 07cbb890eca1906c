"""Cases of a client program: `@case` registers a function, `main()` lists them (`--list`) or runs one by its name.

A case is a plain function, or a coroutine, without arguments; it passes when it returns. The server is BOOTSTRAP in the environment.
"""

import asyncio
import inspect
import os
import random
import sys
import time

BOOTSTRAP = os.environ["BOOTSTRAP"]
REGISTERED = {}


def case(function):
    REGISTERED[function.__name__] = function
    return function


def fresh(word):
    """A name that no earlier run on the same server has used."""
    return f"{word}-{int(time.time())}-{random.randrange(1 << 30)}"


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def expect_equal(what, actual, expected):
    if actual != expected:
        raise AssertionError(f"{what}: expected {str(expected)[:300]}, got {str(actual)[:300]}")


def wait_for(seconds, what, condition):
    """Calls the condition until it is true; it may poll clients meanwhile."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(REGISTERED))
        return
    function = REGISTERED[sys.argv[1]]
    try:
        if inspect.iscoroutinefunction(function):
            asyncio.run(function())
        else:
            function()
    except AssertionError as error:
        print(f"fail: {error}", file=sys.stderr)
        raise
