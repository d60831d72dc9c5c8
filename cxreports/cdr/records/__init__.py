"""Records that are no lines of CSV: XML, an SQL dump, lines of several types, columns set with blanks."""
