"""data.police.uk: the archive of CSV files, the API, and a strict reader of the files."""
