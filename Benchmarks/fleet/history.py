"""What may have been: recorded histories held against the rules. Of values alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Write:
    """One that etcd has taken from a member that led."""

    member: str
    #: The revision that the term began with: it fences.
    term: int
    revision: int


@dataclass(frozen=True)
class Change:
    """One change of a key, as etcd tells it."""

    key: str
    revision: int
    #: The revision that the key was made with; 0: it has gone.
    made: int


WRITTEN = re.compile(r"written as the leader .*?\brevision=(\d+) .*?\bterm=(\d+)")


def writes(member: str, log: str) -> list[Write]:
    """Those that a member's log tells of."""
    return [Write(member, int(term), int(revision)) for revision, term in WRITTEN.findall(log)]


def flaw_of_writes(found: Iterable[Write]) -> str | None:
    """Why these cannot have come from one leader at a time; None: they can."""
    ordered = sorted(found, key=lambda each: each.revision)
    owners: dict[int, str] = {}
    for write, following in zip(ordered, [*ordered[1:], *ordered[-1:]]):
        if write.revision <= write.term:
            return f"{write} is older than its term"
        if following.term < write.term:
            return f"{following} comes after a later term has written: {write}"
        if following.revision == write.revision and following != write:
            return f"{following} and {write} are one"
        if owners.setdefault(write.term, write.member) != write.member:
            return f"two members had the term {write.term}"
    return None


def terms(changes: Iterable[Change], key: str) -> list[tuple[int, int | None]]:
    """From which revision to which (None: it goes on) somebody led."""
    found: list[tuple[int, int | None]] = []
    for change in changes:
        if change.key != key:
            continue
        if found and found[-1][1] is None and change.made != found[-1][0]:
            found[-1] = (found[-1][0], change.revision)
        if change.made and (not found or found[-1][0] != change.made):
            found.append((change.made, None))
    return found


def flaw_beside_etcd(found: Iterable[Write], held: Sequence[tuple[int, int | None]]) -> str | None:
    """A write outside its term, as etcd has it; None: there is none."""
    ends = dict(held)
    for write in found:
        if write.term not in ends:
            return f"etcd knows nothing of the term of {write}"
        end = ends[write.term]
        # The transaction that ends a term may write, too.
        if end is not None and write.revision > end:
            return f"{write} comes after its term, which ended with {end}"
    return None


def flaw_of_configurations(changes: Iterable[Change], history: str) -> str | None:
    """A number of a configuration that was given twice, or after a later one; None: there is none."""
    last = 0
    for change in changes:
        if not change.key.startswith(history) or not change.made:
            continue
        number = int(change.key[len(history):])
        if change.revision != change.made:
            return f"configuration {number} was written again"
        if number <= last:
            return f"configuration {number} comes after {last}"
        last = number
    return None


@dataclass(frozen=True)
class Taken:
    """A configuration that a member has brought into use."""

    number: int
    #: Whether its disk has it, too: a start without etcd goes back to the last one that it has.
    is_kept: bool


def flaw_of_numbers(member: str, found: Sequence[Taken]) -> str | None:
    """A member that has gone back, also over its starts; None: it has not."""
    last = kept = 0
    for each in found:
        if each.number < last and each.number < kept:
            return f"{member} has gone back from {last} to {each.number}"
        last, kept = each.number, each.number if each.is_kept else kept
    return None


@dataclass(frozen=True)
class Orders:
    """What came of the orders of one name."""

    begun: int
    issued: int
    failed: int


BEGUN = re.compile(r"an order has begun name=(\S+) order=\S*/(\S+)")
FAILED = re.compile(r"error: no certificate .*?\bnames=(\S+)")
ADDED = re.compile(r'Added order "(\S+)" to the db')
ISSUED = re.compile(r"Issued certificate serial \S+ for order (\S+)")


def orders(logs: Iterable[str], authority: str) -> tuple[dict[str, Orders], int]:
    """By names; and how many orders the authority has had that no member knows of: who asked for them died before the answer."""
    names: dict[str, str] = {}
    failed: dict[str, int] = {}
    for log in logs:
        for name, order in BEGUN.findall(log):
            names[order] = name
        for name in FAILED.findall(log):
            failed[name] = failed.get(name, 0) + 1
    issued, added = set(ISSUED.findall(authority)), set(ADDED.findall(authority))
    found = {
        name: Orders(sum(each == name for each in names.values()),
                     sum(each == name and order in issued for order, each in names.items()), failed.get(name, 0))
        for name in sorted(set(names.values()))}
    return found, len(added - set(names))


def flaw_of_orders(found: dict[str, Orders]) -> str | None:
    """A name for which more was ordered than came to something, or to nothing in a way that was said; None: there is none."""
    for name, each in found.items():
        # One may be under way.
        if each.begun > each.issued + each.failed + 1:
            return f"{name}: {each}"
    return None
