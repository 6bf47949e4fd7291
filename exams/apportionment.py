"""Quotas per domain: largest remainder (Hamilton) on the published weights, normalised by their sum.

The ten published whole percents sum to 99, so every share is taken of the sum and never of 100. Two of the
remainders tie exactly (Project Management and Communications for 130 items, Procurement and Training and
Education for 40): the tie goes to the lower domain number.
"""

from collections.abc import Mapping


def apportion(seats: int, weights: Mapping[int, int]) -> dict[int, int]:
    """Share `seats` items among domains.

    `weights` maps domain number to its whole-number weight. Returns domain number to quota; the quotas sum to
    `seats` and each is within one of its exact share. Integers throughout, so that a tie is a tie.
    """
    if seats < 0:
        raise ValueError(f"Cannot share {seats} items.")
    if not weights or any(weight < 0 for weight in weights.values()) or not sum(weights.values()):
        raise ValueError("Weights must be whole numbers, none below 0, with a sum above 0.")
    total = sum(weights.values())
    quotas = {number: seats * weight // total for number, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda number: (-(seats * weights[number] % total), number))
    for number in by_remainder[: seats - sum(quotas.values())]:
        quotas[number] += 1
    return dict(sorted(quotas.items()))
