"""Who serves which message of the other services."""

from collections.abc import Callable, Mapping

from viewer.network.messages import Channel, Message
from viewer.network.serving import Services

Handler = Callable[[Channel, Message], None]


def handlers(services: Services) -> Mapping[int, Handler]:  # noqa: ARG001 - nobody is asked yet
    """Return who serves a message, by its Command Field; each answers on the channel."""
    return {}
