"""What leaves the house: an outbox in the portal's database, and the ways that messages take.

``outbox`` keeps a message in the same transaction as what it tells of, and sends it later; ``mail``,
``webhook``, ``sftp`` and ``s3`` hand it over. Nothing here knows calls.
"""
