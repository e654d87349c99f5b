"""Mails from Markdown: values are put in so that they stay text, then a text and an HTML part are made."""
