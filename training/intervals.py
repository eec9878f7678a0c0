"""How sure a share is that was counted on few photos."""

from math import sqrt

import msgspec

_Z95 = 1.959963984540054  # the normal quantile that leaves 2.5 % on each side


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """`hits` of `n` with the 95 % interval `low`..`high` of the true share; 0..1 where nothing was counted."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """What was counted, 0..1; 0 of 0 is 0."""
        return self.hits / self.n if self.n else 0.0


def wilson(hits: int, n: int) -> Interval:
    """The score interval of Wilson (1927): unlike the plain normal one it holds for few photos and near 0 and 1."""
    if n == 0:
        return Interval(hits=0, n=0, low=0.0, high=1.0)
    share, weight = hits / n, _Z95**2 / n
    middle = (share + weight / 2) / (1 + weight)
    half = _Z95 / (1 + weight) * sqrt(share * (1 - share) / n + weight / (4 * n))
    return Interval(hits=hits, n=n, low=max(0.0, middle - half), high=min(1.0, middle + half))
