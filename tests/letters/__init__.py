"""Mails made from Markdown."""
