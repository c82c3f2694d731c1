"""Peers by path, and what valgrind says of caches."""

import tempfile
import unittest
from pathlib import Path

from harness import contestants, scenarios, whole


def program(folder: str, name: str, words: str) -> str:
    path = Path(folder) / name
    path.write_text(f"#!/bin/sh\necho '{words}'\n")
    path.chmod(0o755)
    return str(path)


class Peers(unittest.TestCase):
    def test_a_peer_is_a_known_name_and_a_path(self) -> None:
        self.assertEqual(contestants.parse_peer("nginx=/opt/a=b"), ("nginx", "/opt/a=b"))
        for text in ["nginx", "nginx=", "apache=/usr/sbin/apache2", "=/usr/sbin/nginx"]:
            with self.assertRaises(ValueError):
                contestants.parse_peer(text)

    def test_each_is_called_by_its_version(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            peers = [("nginx", program(folder, "a", "nginx version: nginx/1.31.5")),
                     ("h2o", program(folder, "b", "h2o version 2.3.0-DEV@0123abc")),
                     ("nginx", program(folder, "c", "nginx version: nginx/1.31.5")),
                     ("haproxy", program(folder, "d", "no version"))]
            found, missing = contestants.find_contestants(Path("/none"), Path("/none"), [], peers)
        by_name = {each.name: each for each in found}
        self.assertEqual(by_name["nginx-1.31.5"].version, "1.31.5")
        self.assertTrue(by_name["nginx-1.31.5"].is_peer)
        # It takes back the tickets that it gives, which the version before does not.
        resumed = next(each for each in scenarios.SCENARIOS if each.name == "handshake-resumed")
        self.assertTrue(by_name["h2o-2.3.0-DEV"].takes_part(resumed))
        self.assertEqual([name for name in missing if name.startswith(("nginx-", "haproxy-"))],
                         [f"nginx-1.31.5 ({peers[2][1]})", f"haproxy-unknown ({peers[3][1]})"])


class Counts(unittest.TestCase):
    def test_counts_have_the_names_that_stand_above_them(self) -> None:
        text = "==7== Events    : Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw\n==7== Collected : 900 300 100 9 8 7 6 5 4\n"
        self.assertEqual(whole.events(text)["DLmw"], 4)
        self.assertEqual(whole.events("==7== Events    : Ir\n==7== Collected : 12345\n"), {"Ir": 12345})
        self.assertEqual(whole.events("==7== Process terminating"), {})

    def test_a_scenario_is_so_many_requests_that_each_client_has_some(self) -> None:
        by_name = {scenario.name: scenario for scenario in scenarios.SCENARIOS}
        self.assertEqual(whole.simulated(by_name["small-32"]).requests, 2000)
        self.assertEqual(whole.simulated(by_name["small-1000"]).requests, 4000)
        self.assertEqual(whole.simulated(by_name["body-1m"]).requests, 32)
        self.assertEqual(whole.simulated(by_name["handshake-full"]).requests, 200)
        self.assertFalse(any(whole.can_simulate(by_name[name]) for name in ("idle-clients", "open-loop", "tcp-small")))


if __name__ == "__main__":
    unittest.main()
