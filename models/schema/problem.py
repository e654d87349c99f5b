"""What a steward is told of a condition, formula or pattern that cannot be used."""


class Problem(ValueError):
    """Outside the language; the text says what and is shown to the steward."""
