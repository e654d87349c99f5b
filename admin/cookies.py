"""Cookies put on an answer as it goes out, whoever made it."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import Message, Send


def with_cookies(send: Send, mark: Callable[[Response], object]) -> Send:
    """`send`, with the cookies that `mark` sets on a response when the answer begins."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            made = Response()
            mark(made)
            headers = MutableHeaders(scope=message)
            for value in made.headers.getlist("set-cookie"):
                headers.append("set-cookie", value)
        await send(message)

    return sending
