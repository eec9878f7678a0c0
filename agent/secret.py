"""A value that must not be seen: passwords on their way from a file or the environment to a driver."""


class Secret:
    """A string whose `repr` and `str` are stars; `reveal` is called only where a driver needs the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; never log it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__
