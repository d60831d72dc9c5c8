"""The portal's people: who they are, what they may see, and what belongs to their accounts.

One database holds it, SQLite beside the lake or PostgreSQL by URL. Each module is one noun:
``tables`` has the rows, ``database`` the transactions; ``people``, ``companies``, ``ledger``,
``number_blocks``, ``preferences`` keep accounts; ``passwords``, ``second_factor``, ``passkeys``,
``throttle``, ``sessions``, ``login``, ``credentials`` let people in, and ``vault`` seals what they
share with us; ``verification``, ``mail`` and ``sms`` reach them; ``audit`` remembers. Nothing here
knows of calls or of the web.
"""
