"""Channels: what sends questions by each `dag.channels` spec that says they are sent.

    channel    the protocol, and the message that is sent
    sender     which class sends by which channel: each says it of itself
    webhook    posts to a server

`in_app` needs none of it: its question is there as soon as it is asked, for whoever looks (the API,
`treadle inbox`). Through every other channel it is sent from the outbox by `hil.delivery`.

A module here marks its class with `@sends_by(SPEC)`, and the scheduler has it: it makes one of each
for its delivery.
"""

from treadle.hil.channels.channel import AnswerLink, Channel, DeliveryFailed, Message
from treadle.hil.channels.sender import Services, senders, sends_by

__all__ = [
    "AnswerLink",
    "Channel",
    "DeliveryFailed",
    "Message",
    "Services",
    "senders",
    "sends_by",
]
