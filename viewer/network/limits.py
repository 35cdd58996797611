"""What a caller may cost: places, bytes and seconds. Everything that waits for a peer has one of these over it."""

from dataclasses import dataclass

_OTHER_DESCRIPTORS = 128
"""The index, its journal, logs, and associations of our own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of the server; the defaults suit a department on one computer.

    Attributes:
        half_open: Connections that have not finished their request yet; one more makes the oldest of them go.
        half_open_strangers: How many of those may come from addresses that no rule allows: they are there only to be
            told that they are refused, and must not push others out.
        half_open_deadline_s: From accepting the connection to the last byte of the request, TLS handshake included.
        largest_request_bytes: Of an A-ASSOCIATE-RQ; what claims to be longer is refused from its header.
        associations: At once; further requests are rejected with "local limit exceeded".
        unknown_associations: How many of those may be of callers that the allow-list does not name; never more than
            half of them.
        other_associations: How many of those may speak other services than verification and storage.
        pdu_bytes: The largest P-DATA-TF we take: the Maximum Length that we announce.
        idle_s: How long an association may be silent between messages, and leave unread what we send.
        pdu_s: From the first byte of a PDU to its last.
        message_s: From the first byte of a message to its last; also how long a service may take over its answer.
        identifier_bytes: Of a message that is no instance: what is asked for, or listed to be committed.
    """

    half_open: int = 256
    half_open_strangers: int = 32
    half_open_deadline_s: float = 5.0
    largest_request_bytes: int = 256 * 1024
    associations: int = 200
    unknown_associations: int = 50
    other_associations: int = 24
    pdu_bytes: int = 131072
    idle_s: float = 60.0
    pdu_s: float = 30.0
    message_s: float = 3600.0
    identifier_bytes: int = 2 * 1024 * 1024

    @property
    def places_for_unknown(self) -> int:
        """How many associations callers may have that the allow-list does not name."""
        return min(self.unknown_associations, max(1, self.associations // 2))

    @property
    def descriptors(self) -> int:
        """How many descriptors a server with these limits may need: two sockets and a file for each association."""
        return self.half_open + 3 * self.associations + _OTHER_DESCRIPTORS
