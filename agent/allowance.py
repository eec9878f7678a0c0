"""How much may be done now, at a rate. Pure: fed times, it never reads a clock."""


class Allowance:
    """Allows `per_s` things a second on average, and at most a second's worth at once (a token bucket)."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._most = max(per_s, 1.0)
        self._saved = self._most
        self._at_s: float | None = None

    def now(self, at_s: float) -> int:
        """How many are allowed at `at_s` (monotonic seconds)."""
        if self._at_s is not None:
            self._saved = min(self._most, self._saved + max(at_s - self._at_s, 0.0) * self._per_s)
        self._at_s = at_s
        return int(self._saved)

    def use(self, count: int) -> None:
        """So many were done."""
        self._saved -= count

    @property
    def wait_s(self) -> float:
        """After how many seconds one more is allowed, from the last time that was asked."""
        return max(0.0, (1.0 - self._saved) / self._per_s)
