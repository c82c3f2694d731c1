"""What was seen, and whether it may be."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from . import engines, history, members
from .members import Gateway
from .stage import PROTOCOLS, Stage

#: Clocks of processes agree, but who is killed is noted a little before or after.
SLACK = 0.5
#: An event's line in the table.
TITLES = ("what befell it", "times", "seconds", "failed on killed", "failed besides", "agreed again after s, at most")


@dataclass
class Scene:
    """One trouble that was."""

    name: str
    words: str
    begun: float
    ended: float
    #: Seconds until all members agreed again; None: they did not.
    healed: float | None
    hides_redis: bool
    problems: list[str] = field(default_factory=list)


@dataclass
class Seen:
    """What one client tells of."""

    kind: str
    protocol: str
    gateway: Gateway
    opened: float
    at: float
    words: str

    @property
    def is_excused(self) -> bool:
        """It was on a connection to a member that was killed, or wanted one while that was away."""
        outages = self.gateway.outages
        if self.kind == "not reached":
            return any(since - SLACK <= self.at and self.opened <= back + SLACK for since, _, back in outages)
        return any(self.opened <= gone + SLACK and since - SLACK <= self.at for since, gone, _ in outages)

    @property
    def stood_still(self) -> bool:
        return any(begun - SLACK <= self.at and self.opened <= ended + SLACK for begun, ended in self.gateway.pauses)


@dataclass
class Load:
    done: dict[str, int]
    seen: list[Seen]


def load(stage: Stage) -> Load:
    gateways = {each.machine.address: each for each in stage.gateways}
    done, seen = {}, []
    for protocol in PROTOCOLS:
        for line in (stage.folder / f"load-{protocol}.json").read_text().splitlines():
            found: dict[str, Any] = json.loads(line)
            if found["kind"] == "counts":
                done.update({f"{protocol} {key}": value for key, value in found.items() if key not in ("kind", "at")})
            else:
                gateway = gateways[found.pop("member")]
                seen.append(Seen(gateway=gateway, **found))
    return Load(done, seen)


@dataclass
class Verdict:
    rows: list[tuple[str, ...]]
    facts: list[tuple[str, str]]
    problems: list[str]


def judge(stage: Stage, scenes: list[Scene], seconds: float) -> Verdict:
    found = load(stage)
    bad = [each for each in found.seen if each.kind != "slow" and not each.is_excused]
    problems = [f"{each.protocol} on {each.gateway.name} at {each.at:.1f}, begun at {each.opened:.1f}: {each.kind}: {each.words}"
                for each in bad]
    problems += [f"{scene.name} ({scene.words}): {problem}" for scene in scenes for problem in scene.problems]
    facts = [(name, f"{count:,}") for name, count in found.done.items()]
    excused = [each for each in found.seen if each.kind == "failed" and each.is_excused]
    turned = [each for each in found.seen if each.kind == "not reached" and each.is_excused]
    late = [each for each in found.seen if each.kind == "slow" and not each.stood_still]
    facts += [("failed on a killed member's connections", f"{len(excused):,}"),
              ("went to another member, since theirs was away", f"{len(turned):,}"),
              ("failed besides", f"{len(bad):,}"),
              ("answers over 1 s of members that did not stand still",
               f"{len(late):,}" + (f", the slowest {max(each.at - each.opened for each in late):.1f} s" if late else ""))]
    for check in (_configurations, _terms, _orders):
        more, wrong = check(stage)
        facts, problems = facts + more, problems + wrong
    more, wrong = _admissions(found, scenes, seconds)
    return Verdict(_rows(scenes, found), facts + more, problems + wrong)


def _rows(scenes: list[Scene], found: Load) -> list[tuple[str, ...]]:
    rows = []
    for name in dict.fromkeys(scene.name for scene in scenes):
        those = [scene for scene in scenes if scene.name == name]

        def count(is_excused: bool, those: list[Scene] = those) -> int:
            return sum(each.kind == "failed" and each.is_excused == is_excused and
                       any(scene.begun <= each.at <= scene.ended for scene in those) for each in found.seen)

        healed = [scene.healed for scene in those]
        slowest = "never" if None in healed else f"{max(each or 0.0 for each in healed):.1f}"
        rows.append((name, f"{len(those)}", f"{sum(scene.ended - scene.begun for scene in those):.0f}", f"{count(True)}",
                     f"{count(False)}", slowest))
    return rows


Part = tuple[list[tuple[str, str]], list[str]]


def _etcd(stage: Stage) -> list[history.Change]:
    return [
        history.Change(
            engines.bytes64(event["kv"]["key"]).decode(), int(event["kv"]["mod_revision"]),
            0 if event.get("type") == "DELETE" else int(event["kv"]["create_revision"]))
        for event in engines.changes(stage.etcd_at[0], f"/gatehouse/{members.FLEET}/")]


def _configurations(stage: Stage) -> Part:
    taken = {each.name: each.taken() for each in stage.gateways}
    flaws = [history.flaw_of_configurations(_etcd(stage), f"/gatehouse/{members.FLEET}/history/")]
    flaws += [history.flaw_of_numbers(name, found) for name, found in taken.items()]
    done, unknown = (sum(each.is_taken is how for each in stage.pushes) for how in (True, None))
    refused = len(stage.pushes) - done - unknown
    pushed = f"{done} in use, {refused} undone or kept out by a roll-out, {unknown} unknown to who pushed"
    newest = max(each.number for found in taken.values() for each in found)
    return [("configurations pushed", f"{len(stage.pushes)}: {pushed}"), ("the newest number", f"{newest}")], only(flaws)


def _terms(stage: Stage) -> Part:
    writes = [write for each in stage.gateways for write in history.writes(each.name, each.said())]
    held = history.terms(_etcd(stage), f"/gatehouse/{members.FLEET}/documents/leader")
    flaws = [history.flaw_of_writes(writes), history.flaw_beside_etcd(writes, held)]
    return [("terms of leaders", f"{len(held):,}"), ("what they wrote", f"{len(writes):,}")], only(flaws)


def _orders(stage: Stage) -> Part:
    found, lost = history.orders([each.said() for each in stage.gateways], stage.authority.service.said())
    total = {name: sum(getattr(each, name) for each in found.values()) for name in ("begun", "issued", "failed")}
    words = f"{total['begun']}: {total['issued']} issued, {total['failed']} tries failed"
    flaws = [history.flaw_of_orders(found)]
    if lost > sum(len(each.outages) for each in stage.gateways):
        flaws.append(f"{lost} orders of which no member knows")
    return [("names", f"{len(found)}"), ("orders", words), ("orders whose answer died with their member", f"{lost}")], only(flaws)


def _admissions(found: Load, scenes: list[Scene], seconds: float) -> Part:
    """Of the client that asks for more than it may have: no more than docs/fleet.md says."""
    away = [scene.ended - scene.begun + 10 for scene in scenes if scene.hides_redis]
    bound = 3 * members.BURST * (1 + len(away)) + members.RATE * (seconds + 2 * sum(away))
    admitted = found.done.get("greedy requests", 0)
    words = f"{admitted:,} of {found.done.get('greedy asked', 0):,}, and {bound:,.0f} are allowed"
    return [("let in by the shared limit", words)], [f"let in by the shared limit: {words}"] if admitted > bound else []


def only(flaws: list[str | None]) -> list[str]:
    return [each for each in flaws if each]

