"""Comfortable paths: straight rows, few turns, away from the operator. Not responsible for the shortest."""

from __future__ import annotations

from mesogun.plan.sites import Sites


def comfortable(sites: Sites) -> tuple[list[int], frozenset[int]]:
    """A path along rows, and the sites at which a new row starts."""
    rows: dict[int, list[int]] = {}
    for index, (_, b) in enumerate(sites.nodes):
        rows.setdefault(b, []).append(index)
    order: list[int] = []
    firsts: list[int] = []
    for number, b in enumerate(sorted(rows)):
        row = sorted(rows[b], key=lambda k: sites.nodes[k][0], reverse=number % 2 == 1)
        firsts.append(row[0])
        order += row
    return order, frozenset(firsts)
