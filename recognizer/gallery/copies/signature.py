"""What a node signs of an erasure that its copy has taken up. Signing itself is the caller's: it needs a package."""

import json
from typing import Protocol

FORMAT = "glimpse-gallery-receipt-1"


class Signer(Protocol):
    """The key of one node."""

    @property
    def public_key(self) -> bytes:
        """What whoever verifies needs."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes."""
        ...


def signed_text(*, number: int, erased: float, node: str, instance: str, at: float) -> bytes:
    """What a receipt says, as it is signed: JSON with sorted keys.

    number, erased: of the change, and when it was made, which tells it from one of another gallery.  instance: the run
    of the node that the receipt is of.  at: when its copy was without the erased. Times are Unix seconds of the server.
    """
    said = {"at": at, "erased": erased, "format": FORMAT, "instance": instance, "node": node, "number": number}
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
