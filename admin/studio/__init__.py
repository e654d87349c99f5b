"""The schema studio: record types looked at, changed, previewed, weighed against what is stored, proposed."""
