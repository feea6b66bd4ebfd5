"""Pictures that look the same although their files do not."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np

PARTS, NEAR_BITS, NEIGHBOURS = 6, 3, 64
LEVELS, CONTRAST = 2, 0.12  # by which pictures that look the same may differ


def alike(thumbs: np.ndarray) -> list[list[int]]:
    """Groups of places of pictures that look the same as one of the group.

    Near hashes are not enough: faces that share their pose and no more have them, and
    flat pictures of any level. The levels have to be the same, but for a little. Nor
    are pairs chained, which would join whatever has others between.

    Args:
        thumbs: uint8 `(count, height, width)`.
    """
    leader, grouped = np.arange(len(thumbs)), np.zeros(len(thumbs), bool)
    for a, b in candidates(thumbs):
        apart = ~(grouped[a] & grouped[b])
        a, b = a[apart], b[apart]
        same = _same_levels(thumbs[a], thumbs[b])
        for one, other in zip(a[same].tolist(), b[same].tolist(), strict=True):
            if grouped[other]:
                one, other = other, one
            first = leader[one]
            if not grouped[other] and _same_levels(thumbs[first], thumbs[other]):
                leader[other] = first
                grouped[[one, other]] = True
    groups = defaultdict(list)
    for place in np.flatnonzero(grouped).tolist():
        groups[int(leader[place])].append(place)
    return list(groups.values())


def candidates(thumbs: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of places, in two arrays, whose hashes differ in `NEAR_BITS` at most.

    Such hashes have half of their `PARTS` in common at least, and of all choices of
    these one brings them together. Pictures of one and the same hash come first; then
    one stands for all.
    """
    from imagehash import dhash
    from PIL import Image

    bits = np.array([dhash(Image.fromarray(thumb)).hash for thumb in thumbs], bool)
    hashes = np.packbits(bits.reshape(-1, 64), axis=1).view(np.uint64)[:, 0]
    yield from _neighbours(np.lexsort((thumbs.mean((1, 2)), hashes)), hashes)
    ones = np.unique(hashes, return_index=True)[1]
    edges = [round(64 * part / PARTS) for part in range(PARTS + 1)]
    parts = [(1 << end) - (1 << start) for start, end in pairwise(edges)]
    for chosen in combinations(parts, PARTS - NEAR_BITS):
        keys = hashes & np.uint64(sum(chosen))
        for a, b in _neighbours(ones[np.argsort(keys[ones], kind="stable")], keys):
            near = np.bitwise_count(hashes[a] ^ hashes[b]) <= NEAR_BITS
            yield a[near], b[near]


def _neighbours(
    order: np.ndarray, keys: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of places of the same key, up to `NEIGHBOURS` apart in `order`.

    The bound is for thousands of one key, which are not compared each with each.
    """
    here, keys = np.arange(len(order)), keys[order]
    for apart in range(1, NEIGHBOURS + 1):
        here = here[here < len(keys) - apart]
        here = here[keys[here] == keys[here + apart]]
        if not here.size:
            return
        yield order[here], order[here + apart]


def _same_levels(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Tell whether thumbs `(..., height, width)` differ little for their contrast."""
    one, other = one.astype(np.float32), other.astype(np.float32)
    apart = np.sqrt(((one - other) ** 2).mean((-2, -1)))
    contrast = np.minimum(one.std((-2, -1)), other.std((-2, -1)))
    same: np.ndarray = apart <= LEVELS + CONTRAST * contrast
    return same
