"""Small files of one format that are read together, in a query for all of them."""
