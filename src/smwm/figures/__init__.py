"""Everything a reader looks at, one module a figure."""
