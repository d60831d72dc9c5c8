"""A document in its forms: PDF, HTML, workbook, CSV. None of them reads a figure."""
