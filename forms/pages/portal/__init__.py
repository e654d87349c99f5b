"""The pages of a signed-in operator."""

from forms.pages.portal.rows import definition_of as definition_of
