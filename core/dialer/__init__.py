"""The dialer: makes every connection to an address that a person or a message chose.

Requests and responses are values. These rules keep a workflow from reaching what only this machine
may reach:

* a name is resolved here, every address is checked, and the connection goes to the address that
  was checked (so a name that resolves differently a moment later gains nothing); TLS is verified
  against the name;
* a redirect is a new connection: resolved and checked again, limited in number, and secrets are
  not sent to another origin;
* a request that was made of a secret with hosts of its own goes to those alone, redirects included;
* a response is cut off at its size limit while it arrives, counted after decompression, and the
  whole exchange ends at one time limit;
* no proxy, cookie jar or credential of the environment is ever used.

Connections are kept alive and shared; no request sees anything of another. Asynchronous: one dialer
serves one event loop.
"""

from treadle.core.dialer.addresses import AddressPolicy
from treadle.core.dialer.client import Dialer
from treadle.core.dialer.errors import DialerError
from treadle.core.dialer.messages import OutgoingRequest, OutgoingResponse

__all__ = ["AddressPolicy", "Dialer", "DialerError", "OutgoingRequest", "OutgoingResponse"]
