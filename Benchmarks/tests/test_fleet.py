"""Histories of a fleet that may have been, and such that may not."""

import unittest

from fleet import history
from fleet.history import Change, Orders, Taken, Write


class Histories(unittest.TestCase):
    def test_terms_that_overlap_or_come_back_are_found(self) -> None:
        self.assertIsNone(history.flaw_of_writes([Write("a", 1, 2), Write("b", 5, 7), Write("a", 1, 4)]))
        self.assertIsNone(history.flaw_of_writes([]))
        for wrong in [[Write("a", 1, 2), Write("b", 3, 4), Write("a", 1, 5)], [Write("a", 1, 2), Write("b", 1, 3)],
                      [Write("a", 3, 2)], [Write("a", 1, 2), Write("b", 1, 2)]]:
            self.assertIsNotNone(history.flaw_of_writes(wrong), f"{wrong}")

    def test_a_log_tells_of_writes(self) -> None:
        line = "2026-11-29T10:05:51.704Z gatehouse: debug: written as the leader revision=17 term=9\n"
        self.assertEqual(history.writes("a", line + "other\n" + line.replace("17", "18")), [Write("a", 9, 17), Write("a", 9, 18)])

    def test_terms_are_what_etcd_had(self) -> None:
        told = [Change("leader", 3, 3), Change("other", 4, 4), Change("leader", 6, 0), Change("leader", 9, 9)]
        held = history.terms(told, "leader")
        self.assertEqual(held, [(3, 6), (9, None)])
        self.assertIsNone(history.flaw_beside_etcd([Write("a", 3, 5), Write("b", 9, 12)], held))
        for wrong in [Write("a", 3, 7), Write("a", 4, 5)]:
            self.assertIsNotNone(history.flaw_beside_etcd([wrong], held), f"{wrong}")

    def test_a_number_is_given_once_and_none_after_a_later_one(self) -> None:
        def made(*numbers: int) -> list[Change]:
            return [Change(f"/h/{number:012}", 10 + place, 10 + place) for place, number in enumerate(numbers)]

        self.assertIsNone(history.flaw_of_configurations([*made(1, 2, 5), Change("/h/000000000001", 20, 0)], "/h/"))
        self.assertIsNotNone(history.flaw_of_configurations(made(1, 2, 2), "/h/"))
        self.assertIsNotNone(history.flaw_of_configurations(made(2, 1), "/h/"))
        self.assertIsNotNone(history.flaw_of_configurations([*made(1), Change("/h/000000000001", 20, 10)], "/h/"))

    def test_a_member_goes_back_only_to_what_its_disk_has(self) -> None:
        self.assertIsNone(history.flaw_of_numbers("a", [Taken(1, True), Taken(3, True), Taken(3, True)]))
        self.assertIsNone(history.flaw_of_numbers("a", [Taken(1, True), Taken(3, False), Taken(1, True), Taken(3, True)]))
        self.assertIsNotNone(history.flaw_of_numbers("a", [Taken(1, True), Taken(3, True), Taken(1, True)]))

    def test_each_order_comes_to_something(self) -> None:
        member = ("an order has begun name=n.test order=https://ca/my-order/One\n"
                  "error: no certificate authority=x names=n.test reason=y\n"
                  "an order has begun name=n.test order=https://ca/my-order/Two\n")
        authority = ('Added order "One" to the db\nAdded order "Two" to the db\nAdded order "Lost" to the db\n'
                     "Issued certificate serial 1 for order Two\n")
        found, lost = history.orders([member], authority)
        self.assertEqual((found, lost), ({"n.test": Orders(2, 1, 1)}, 1))
        self.assertIsNone(history.flaw_of_orders(found))
        self.assertIsNotNone(history.flaw_of_orders({"n.test": Orders(4, 1, 1)}))
