"""The errors of an outgoing call. Each says whether a retry can help."""

from __future__ import annotations

from treadle.core.errors import TreadleError


class DialerError(TreadleError):
    """An outgoing call without a response."""


class UrlNotValid(DialerError):
    """The request cannot be sent as it is written."""

    reason = "request_not_valid"
    solution = "Use an absolute http:// or https:// URL without credentials, and plain headers."


class AddressNotAllowed(DialerError):
    """The host is, or resolves to, an address that workflows may not reach."""

    reason = "address_not_allowed"
    solution = (
        "Call a public address, or ask the operator to list the network in "
        "TREADLE_ALLOWED_PRIVATE_ADDRESSES."
    )


class NameNotResolved(DialerError):
    """The host has no known address; an unavailable name server looks the same."""

    reason = "name_not_resolved"
    retryable = True
    solution = "Check the spelling of the host, and that this machine's name server knows it."


class ConnectionFailed(DialerError):
    """No connection was made, or it broke before the answer was complete."""

    reason = "connection_failed"
    retryable = True
    solution = "Check that the server is up and reachable from the workers."


class AnswerNotReadable(DialerError):
    """An answer arrived that cannot be read; the request has had its effect, so it is not sent
    again.
    """

    reason = "answer_not_readable"
    solution = "Look at what the server sends: its compression, charset and headers."


class CertificateNotTrusted(DialerError):
    """The server did not prove that it is the requested host."""

    reason = "certificate_not_trusted"
    solution = "Use the name that the certificate was issued for, and a certificate that is valid."


class ResponseTooLarge(DialerError):
    """The response is larger than the limit."""

    reason = "response_too_large"
    solution = "Ask for less (a page, a range, fewer fields), or raise max_response_bytes."


class TooManyRedirects(DialerError):
    """The server kept sending the request elsewhere."""

    reason = "too_many_redirects"
    solution = "Call the final URL, or raise max_redirects."


class RedirectNotSafe(DialerError):
    """Following the redirect would send a secret to another origin."""

    reason = "redirect_not_safe"
    solution = "Call the final URL directly, if it is meant to receive the secret."


class SecretNotForHost(DialerError):
    """A request that was made of a secret leads to a host that the secret may not be sent to."""

    reason = "secret_not_for_host"
    solution = "Call one of the secret's hosts; the operator lists them in TREADLE_OFFERED_SECRETS."


class RequestTimedOut(DialerError):
    """The response was not complete in time."""

    reason = "request_timed_out"
    retryable = True
    solution = "Raise the timeout, or ask for less."
