"""Questions asked together: one for all that wait, read after it was asked, failing only for its own."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from models.documents.together import MOST, PATIENCE, Together


class Store:
    """Answers questions when it is told to, and notes them."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {"a": {"n": [1]}, "b": {"n": [2]}}
        self.asked: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.fails = False

    async def ask(self, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        self.asked.append(list(keys))
        found = {key: self.documents[key] for key in keys if key in self.documents}
        await self.open.wait()
        if self.fails:
            raise ConnectionError("gone")
        return found


async def test_what_waits_at_the_same_time_is_one_question() -> None:
    store = Store()
    together = Together(store.ask)
    found = await asyncio.gather(*(together.get(key) for key in ("a", "b", "c", "a")))
    assert found == [{"n": [1]}, {"n": [2]}, None, {"n": [1]}]
    assert store.asked == [["a", "b", "c"]]


async def test_nobody_gets_a_document_somebody_else_holds() -> None:
    together = Together(Store().ask)
    first, second = await asyncio.gather(together.get("a"), together.get("a"))
    assert first == second
    assert first is not None
    assert second is not None
    assert first is not second
    assert first["n"] is not second["n"]


async def test_an_answer_is_read_after_it_was_asked_for() -> None:
    store = Store()
    together = Together(store.ask)
    store.open.clear()
    early = asyncio.create_task(together.get("a"))
    await asyncio.sleep(0.001)
    store.documents["a"] = {"n": [9]}
    late = asyncio.create_task(together.get("a"))
    await asyncio.sleep(0.001)
    store.open.set()
    assert [await early, await late] == [{"n": [1]}, {"n": [9]}]
    assert store.asked == [["a"], ["a"]]


async def test_a_slow_question_holds_nobody_up_for_long() -> None:
    store = Store()
    together = Together(store.ask)
    store.open.clear()
    slow = asyncio.create_task(together.get("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    other = asyncio.create_task(together.get("b"))
    await asyncio.sleep(3 * PATIENCE)
    assert store.asked == [["a"], ["b"]]
    assert not slow.done()
    store.open.set()
    await asyncio.gather(slow, other)


async def test_a_failure_is_told_to_all_who_asked_and_to_nobody_later() -> None:
    store = Store()
    together = Together(store.ask)
    store.fails = True
    told = await asyncio.gather(together.get("a"), together.get("b"), return_exceptions=True)
    assert [type(each) for each in told] == [ConnectionError, ConnectionError]
    store.fails = False
    assert await together.get("a") == {"n": [1]}


async def test_who_gives_up_takes_nobody_along() -> None:
    store = Store()
    together = Together(store.ask)
    gone, stays = (asyncio.create_task(together.get(key)) for key in "ab")
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == {"n": [2]}
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_no_question_grows_without_bound() -> None:
    store = Store()
    together = Together(store.ask)
    await asyncio.gather(*(together.get(str(number)) for number in range(MOST + 1)))
    assert [len(keys) for keys in store.asked] == [MOST, 1]


async def test_who_asks_alone_never_waits_and_a_crowd_waits_for_more() -> None:
    store = Store()
    together = Together(store.ask)
    await together.get("a")
    alone = asyncio.create_task(together.get("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(store.asked) == 2
    await alone
    await asyncio.gather(together.get("a"), together.get("b"))
    first = asyncio.create_task(together.get("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert list(await asyncio.gather(together.get("b"), first)) == [{"n": [2]}, {"n": [1]}]
    assert store.asked[3:] == [["a", "b"]]


async def test_a_crowd_that_comes_back_one_after_the_other_is_one_question_again() -> None:
    store = Store()
    together = Together(store.ask, gather=10)
    await asyncio.gather(*(together.get(key) for key in "abc"))
    back = []
    for key in "abc":
        back.append(asyncio.create_task(together.get(key)))
        await asyncio.sleep(0.0002)
    await asyncio.gather(*back)
    assert store.asked == [["a", "b", "c"], ["a", "b", "c"]]


async def test_a_crowd_that_is_gone_is_forgotten() -> None:
    store = Store()
    together = Together(store.ask, gather=0.5)
    await asyncio.gather(*(together.get(str(number)) for number in range(8)))
    loop = asyncio.get_running_loop()
    for _ in range(3):  # halves of eight
        await together.get("a")
    began = loop.time()
    for _ in range(10):
        await together.get("a")
    assert loop.time() - began < 5, "ten waits"
