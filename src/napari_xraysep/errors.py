"""What goes wrong, said in one sentence that names the file or field and the cure."""

from __future__ import annotations


class XraysepError(Exception):
    """Any failure that is ours to explain.

    Parameters
    ----------
    subject
        The file, option or field concerned, as the user knows it.
    problem
        What is wrong with it.
    cure
        What the user can do about it.
    """

    def __init__(self, subject: object, problem: str, cure: str) -> None:
        self.subject = str(subject)
        self.problem = problem
        self.cure = cure
        super().__init__(f"{self.subject}: {problem}; {cure}")

    def __reduce__(self) -> tuple[type[XraysepError], tuple[str, str, str]]:
        return type(self), (self.subject, self.problem, self.cure)


class InputError(XraysepError):
    """The user's files, options or settings cannot be used."""


class SeparationError(XraysepError):
    """A separation that had started could not go on."""


class RegistrationError(XraysepError):
    """A photograph could not be registered."""
