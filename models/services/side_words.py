"""What a site calls its sides and those who act for them, in texts of the program."""

from models.language import Text
from models.services.roles import role_label
from models.services.site import Site
from models.workflow.people import people_label, within


def party_label(site: Site, word: str) -> Text:
    """What a word of a workflow or lifecycle is called on this site: a side, or a role."""
    return people_label(word, site.configuration.site.words.operator) or role_label(site, word)


def side_words(site: Site) -> dict[str, Text]:
    """What this site calls its operators, for texts that name them: ``{operator}``, ``{operators}`` within a
    sentence, ``{Operator}``, ``{Operators}`` at its beginning and alone."""
    words = site.configuration.site.words
    told = {"Operator": words.operator, "Operators": words.several}
    return told | {name.lower(): within(word) for name, word in told.items()}
