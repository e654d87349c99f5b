"""Records as tables: CSV, XLSX and JSON Lines, written and read without losing anything."""
