"""Forms of other systems as record types: one file per format, with its table of what becomes what."""
