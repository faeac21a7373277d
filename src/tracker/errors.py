"""Faults that the person at the keyboard can put right. Knows nothing of what went wrong, only how to say it."""


class UserError(Exception):
    """What happened and where (`message`), and what to do next (`fix`). Commands print both and exit with 2."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return self.message if self.fix is None else f"{self.message}\n{self.fix}"
