"""What befalls the fleet. Each trouble is there as long as its context is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from . import engines, network
from .network import Machine
from .services import Service
from .stage import Stage


@dataclass
class Trouble:
    """One kind of it."""

    name: str
    #: Seconds that it lasts.
    seconds: float
    #: Brings it about, says what it is, and undoes it.
    scene: Callable[[Stage], Iterator[str]]
    #: Options of the push while it lasts.
    push: tuple[str, ...] = ()
    #: Whether members may know nothing of what others let in.
    hides_redis: bool = False

    @contextmanager
    def on(self, stage: Stage) -> Iterator[str]:
        scene = self.scene(stage)
        said = next(scene)
        try:
            yield said
        finally:
            next(scene, None)


def _killed(stage: Stage, victim: Service, words: str) -> Iterator[str]:
    victim.kill()
    yield f"{words} {victim.name} killed"
    victim.start_again()


def _paused(stage: Stage, victim: Service, words: str) -> Iterator[str]:
    victim.pause()
    yield f"{words} {victim.name} stands still"
    victim.resume()


def _cut(pairs: list[tuple[Machine, Machine]], words: str) -> Iterator[str]:
    for pair in pairs:
        network.cut(*pair)
    yield words
    for pair in pairs:
        network.join(*pair)


def _fleet_leader(stage: Stage) -> Service:
    return stage.leader() or stage.chance.choice(stage.gateways)


def _leader(stage: Stage) -> Service:
    return engines.leader(stage.etcd) or stage.chance.choice(stage.etcd)


def gateway_killed(stage: Stage) -> Iterator[str]:
    return _killed(stage, stage.chance.choice(stage.gateways), "gateway")


def renewer_killed(stage: Stage) -> Iterator[str]:
    return _killed(stage, _fleet_leader(stage), "the fleet's leader:")


def gateway_paused(stage: Stage) -> Iterator[str]:
    return _paused(stage, stage.chance.choice(stage.gateways), "gateway")


def renewer_paused(stage: Stage) -> Iterator[str]:
    """For longer than its lease lasts."""
    return _paused(stage, _fleet_leader(stage), "the fleet's leader:")


def gateway_without_etcd(stage: Stage) -> Iterator[str]:
    one = stage.chance.choice(stage.gateways).machine
    return _cut([(one, each) for each in stage.etcd_at], f"gateway {one.name} cut off from etcd")


def renewer_without_etcd(stage: Stage) -> Iterator[str]:
    one = _fleet_leader(stage).machine
    return _cut([(one, each) for each in stage.etcd_at], f"the fleet's leader: {one.name} cut off from etcd")


def all_without_etcd(stage: Stage) -> Iterator[str]:
    return _cut([(one, each) for one in stage.gateways_at for each in stage.etcd_at], "all gateways cut off from etcd")


def gateway_without_leader(stage: Stage) -> Iterator[str]:
    one, other = stage.chance.choice(stage.gateways).machine, _leader(stage).machine
    return _cut([(one, other)], f"gateway {one.name} cut off from etcd's leader {other.name}")


def gateway_without_redis(stage: Stage) -> Iterator[str]:
    one = stage.chance.choice(stage.gateways).machine
    return _cut([(one, stage.redis_at)], f"gateway {one.name} cut off from Redis")


def renewer_without_authority(stage: Stage) -> Iterator[str]:
    one = _fleet_leader(stage).machine
    return _cut([(one, stage.authority_at)], f"the fleet's leader: {one.name} cut off from the authority")


def gateway_alone(stage: Stage) -> Iterator[str]:
    """But for its clients."""
    one = stage.chance.choice(stage.gateways).machine
    others = [*stage.gateways_at, *stage.etcd_at, stage.redis_at, stage.authority_at]
    return _cut([(one, each) for each in others if each != one], f"gateway {one.name} cut off from all but its clients")


def gateways_apart(stage: Stage) -> Iterator[str]:
    first, second, third = stage.gateways_at
    return _cut([(first, second), (second, third), (first, third)], "gateways cut off from each other")


def split(stage: Stage) -> Iterator[str]:
    """Each gateway has one member of etcd, and these do not hear each other: two of three sides are without a majority."""
    first, second, third = stage.etcd_at
    pairs = [(first, second), (first, third)]
    pairs += [(gateway, each) for number, gateway in enumerate(stage.gateways_at)
              for place, each in enumerate(stage.etcd_at) if (number == 0) != (place == 0)]
    return _cut(pairs, "a with etcd0 on one side, b and c with the others on the other")


def leader_killed(stage: Stage) -> Iterator[str]:
    return _killed(stage, _leader(stage), "etcd's leader")


def leader_paused(stage: Stage) -> Iterator[str]:
    return _paused(stage, _leader(stage), "etcd's leader")


def leader_alone(stage: Stage) -> Iterator[str]:
    """Gateways reach it still."""
    one = _leader(stage).machine
    return _cut([(one, each) for each in stage.etcd_at if each != one], f"etcd's leader {one.name} cut off from the others")


def majority_lost(stage: Stage) -> Iterator[str]:
    gone = stage.chance.sample(stage.etcd, 2)
    for each in gone:
        each.kill()
    yield f"etcd's {gone[0].name} and {gone[1].name} killed"
    # Neither is ready before the other is there.
    for each in gone:
        each.launch()
    for each in gone:
        each.wait()


def redis_killed(stage: Stage) -> Iterator[str]:
    return _killed(stage, stage.redis, "")


def redis_paused(stage: Stage) -> Iterator[str]:
    return _paused(stage, stage.redis, "")


def disk_filled(stage: Stage) -> Iterator[str]:
    one = stage.chance.choice(stage.gateways)
    one.fill_disk()
    yield f"the disk of {one.name} is full"
    one.clear_disk()


def disk_filled_and_killed(stage: Stage) -> Iterator[str]:
    one = _fleet_leader(stage)
    one.fill_disk()
    yield f"the fleet's leader: the disk of {one.name} is full; then it is killed"
    one.kill()
    one.start_again()
    time.sleep(5)
    one.clear_disk()


def clock_ahead(stage: Stage) -> Iterator[str]:
    return _clock(stage, +120)


def clock_behind(stage: Stage) -> Iterator[str]:
    return _clock(stage, -120)


def _clock(stage: Stage, seconds: int) -> Iterator[str]:
    one = _fleet_leader(stage)
    one.shift(seconds)
    yield f"the fleet's leader: the clock of {one.name} {seconds:+} s"
    one.shift(0)


STAGED = ("--staged", "--watch", "2", "--share", "50", "--unless", "5xx > 5% for 2s")
TROUBLES = [
    Trouble("gateway killed", 6, gateway_killed),
    Trouble("etcd's leader killed", 10, leader_killed),
    Trouble("gateway without etcd", 12, gateway_without_etcd),
    Trouble("gateway stands still", 6, gateway_paused),
    Trouble("Redis killed", 8, redis_killed, hides_redis=True),
    Trouble("renewer killed", 10, renewer_killed),
    Trouble("disk full", 12, disk_filled),
    Trouble("clock ahead", 15, clock_ahead),
    Trouble("renewer stands still", 26, renewer_paused),
    Trouble("etcd's leader alone", 12, leader_alone),
    Trouble("gateway alone", 28, gateway_alone, hides_redis=True),
    Trouble("Redis stands still", 8, redis_paused, hides_redis=True),
    Trouble("renewer without etcd", 26, renewer_without_etcd),
    Trouble("etcd's majority lost", 15, majority_lost),
    Trouble("gateway without Redis", 10, gateway_without_redis, hides_redis=True),
    Trouble("split", 28, split),
    Trouble("renewer without authority", 15, renewer_without_authority),
    Trouble("etcd's leader stands still", 12, leader_paused),
    Trouble("roll-out, gateway without etcd", 26, gateway_without_etcd, STAGED),
    Trouble("disk full, then killed", 10, disk_filled_and_killed),
    Trouble("clock behind", 15, clock_behind),
    Trouble("gateways apart", 8, gateways_apart),
    Trouble("gateway without etcd's leader", 10, gateway_without_leader),
    Trouble("all without etcd", 15, all_without_etcd),
    Trouble("roll-out, etcd's leader killed", 12, leader_killed, STAGED),
    Trouble("roll-out, renewer stands still", 26, renewer_paused, STAGED),
]
#: What a short run has: the first of them.
SHORT = 4
