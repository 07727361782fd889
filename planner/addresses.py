"""Addresses in a plan: the request names their hosts, or a person supplies them.

Three rules, each linear in what the model wrote, which is bounded by nothing but its provider:

    made up    a text that names an address outside of the request reads a placeholder instead,
               which suggests it; so do text literals of expressions
    carried    the fields that are called (`dag.fields.Address`) begin with a scheme and a host of
               the request, written out, or with a placeholder for both. Whatever an expression
               would make of it, nothing else is an address: `'ht' ~ 'tp://…'` is none
    compared   hosts are compared as a whole, as the dialer reads them
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from treadle.core.dialer.errors import UrlNotValid
from treadle.core.dialer.redirects import parsed_url
from treadle.core.hosts import plain_name
from treadle.dag.expressions import ExpressionInvalid
from treadle.dag.expressions.lexing import SOURCE_CHARACTERS, lex
from treadle.dag.specs import spec_of
from treadle.dag.values import Value
from treadle.planner.building import Document, slug
from treadle.planner.placeholders import MAIL, ORIGIN, Fix, Kind, Placeholder

#: Longest mail address, in characters; what is longer is none.
_MAIL_LENGTH = 320

_MAIL_LIKE = re.compile(r"[A-Za-z0-9._%+@-]+")
#: A text in an expression, and how a template reads a placeholder.
_LITERAL = re.compile(r"""(['"])([^'"]*)\1""")
_READING = re.compile(r"\{\{ (trigger\.\w+) \}\}")
#: Words of a request that may be hosts: with the `//` before and the port behind.
_WORD = re.compile(r"(//)?([\w.%+@-]+)(:\d)?")
_IPV6 = re.compile(r"\[([0-9a-fA-F:.]{2,45})\]")
_NUMBERS = re.compile(r"[\d.]+")
#: An address whose beginning is written out up to the end of its host; and one that is supplied.
_WRITTEN = re.compile(r"https?://[^\s/?#\\@{}]+(?=[/?#]|\Z)", re.IGNORECASE)
_SUPPLIED = re.compile(r"\{\{ *trigger\.([A-Za-z_]\w*) *\}\}(?=[/?#]|\Z)")


@dataclass(frozen=True, slots=True)
class Named:
    """What a request names: hosts as `plain_name` writes them, and mail addresses."""

    hosts: frozenset[str]
    mails: frozenset[str]

    def has_host(self, origin: str) -> bool:
        """Return whether the host of an address is one of the request's."""
        try:
            return plain_name(parsed_url(origin).raw_host.decode("ascii")) in self.hosts
        except (UrlNotValid, ValueError):
            return False


def named_in(prompt: str) -> Named:
    """Return the hosts and mail addresses of a request.

    A host is a name with dots, or one that stands as an address does; numbers are none unless they
    are an address. The domain of a mail address is not named as a host.
    """
    hosts = {each[1] for each in _IPV6.finditer(prompt)}
    mails = set()
    for slashes, word, port in _WORD.findall(prompt):
        plain = word.strip(".-+%")
        if "@" in word:
            mails.add(plain.casefold())
        elif slashes or port or "." in plain:
            hosts.add(plain)
    return Named(frozenset(filter(None, map(_as_host, hosts))), frozenset(mails))


def _as_host(word: str) -> str:
    """Return a word as hosts are compared; empty if it is none."""
    try:
        name = plain_name(word)
    except ValueError:
        return ""
    is_number = _NUMBERS.fullmatch(word) and word.count(".") != 3
    return "" if is_number else name


def unmake_addresses(
    document: Document, named: Named, placeholders: dict[str, Placeholder]
) -> Iterator[Fix]:
    """Replace addresses that are not in the request by placeholders that suggest them."""

    def supplied(kind: Kind, address: str, name: str) -> str:
        name = slug(name)
        if name[0].isdigit():  # no name that an expression reads
            name = f"{kind}_{name}"
        what = "address" if kind == "url" else "mail address"
        placeholders[name] = Placeholder(name, kind, f"The {what} to use.", address)
        return f"{{{{ trigger.{name} }}}}"

    def of_origin(match: re.Match[str]) -> str:
        origin = match.group()
        host = origin.partition("://")[2].rpartition("@")[2]
        return origin if named.has_host(origin) else supplied("url", origin, host)

    def of_mail(match: re.Match[str]) -> str:
        mail = match.group()
        if mail.casefold() in named.mails:
            return mail
        return supplied("email", mail, f"{mail.partition('@')[0]}_email")

    def in_word(match: re.Match[str]) -> str:
        word = match.group()
        return MAIL.sub(of_mail, word) if "@" in word and len(word) <= _MAIL_LENGTH else word

    def in_text(text: str) -> str:
        return _MAIL_LIKE.sub(in_word, ORIGIN.sub(of_origin, text))

    def in_code(code: str) -> str:
        return _LITERAL.sub(lambda match: _joined(match, in_text(match[2])), code)

    def in_template(text: str) -> str:
        return "".join(in_code(each) if is_code else in_text(each) for each, is_code in _cut(text))

    for path, node, part, field, is_code in _fields(document):
        value = node[part][field]
        replaced = _mapped(value, in_code if is_code else in_template)
        if replaced != value:
            node[part][field] = replaced
            done = "An address that is not in the request became a placeholder."
            yield Fix(path, "invented_address", done)


def guard_addresses(
    document: Document, named: Named, placeholders: dict[str, Placeholder]
) -> Iterator[Fix]:
    """Hold every field that is called to a host of the request or a placeholder.

    Raises nothing and leaves nothing as it is that is neither: it becomes a placeholder.
    """
    for path, node, _, field, _ in _fields(document):
        spec = spec_of(node["type"], node["subtype"])
        plan = spec.fields.get(field) if spec is not None else None
        address = node["configurations"].get(field)
        if plan is None or not plan.address or not isinstance(address, str):
            continue
        if reading := _SUPPLIED.match(address):
            _as_address(reading[1], placeholders)
        elif (written := _WRITTEN.match(address)) is None or not named.has_host(written.group()):
            name = slug(f"{node['id']}_{field}")
            suggestion = None if "{{" in address else address
            description = f"The address that the step `{node['id']}` calls."
            placeholders[name] = Placeholder(name, "url", description, suggestion)
            node["configurations"][field] = f"{{{{ trigger.{name} }}}}"
            done = f"`{field}` became the placeholder `{name}`: its host is not in the request."
            yield Fix(path, "invented_address", done)


def _as_address(name: str, placeholders: dict[str, Placeholder]) -> None:
    """Have a placeholder that is called supplied as an address."""
    known = placeholders.get(name) or Placeholder(name, "url", "The address to use.")
    placeholders[name] = replace(known, type="url")


def _joined(literal: re.Match[str], replaced: str) -> str:
    """Return a text literal of an expression with its addresses replaced by placeholders."""
    if replaced == literal[2]:
        return literal[0]
    quote = literal[1]
    pieces = [
        part if place % 2 else f"{quote}{part}{quote}"
        for place, part in enumerate(_READING.split(replaced))
        if part
    ]
    return pieces[0] if len(pieces) == 1 else f"({' ~ '.join(pieces)})"


def _cut(text: str) -> Iterator[tuple[str, bool]]:
    """Cut a template where its expressions begin and end; yield each piece and whether it is one.

    One that does not end is text, with all that follows: validation refuses it.
    """
    done = 0
    while (start := text.find("{{", done)) >= 0:
        try:
            end = lex(text[start + 2 : start + 4 + SOURCE_CHARACTERS]).end
        except ExpressionInvalid:
            end = None
        if end is None:
            break
        yield text[done:start], False
        done = start + 2 + end
        yield text[start:done], True
    yield text[done:], False


def _fields(document: Document) -> Iterator[tuple[str, Document, str, str, bool]]:
    """Yield the fields whose texts are rendered: path, node, part, field, whether it is code."""
    for index, node in enumerate(document["nodes"]):
        spec = spec_of(node["type"], node["subtype"])
        for field in list(node["configurations"]):
            plan = spec.fields.get(field) if spec is not None else None
            if plan is not None and (plan.shape is not None or not plan.literal):
                path = f"nodes[{index}].configurations.{field}"
                yield path, node, "configurations", field, plan.shape is not None
        for field in list(node["input_params"]):
            yield f"nodes[{index}].input_params.{field}", node, "input_params", field, False


def _mapped(value: Value, change: Callable[[str], str]) -> Value:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(each, change) for each in value]
    if isinstance(value, dict):
        return {key: _mapped(each, change) for key, each in value.items()}
    return value
