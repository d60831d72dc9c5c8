"""The desk: what pages ask of the portal's people and accounts, and who answers.

``requests`` is the closed set of what can be asked, ``answers`` what comes back, ``clerk`` answers from the
database for one visitor. A page of the portal knows no database: its desk is a ``line`` to the server, which
answers for the visitor that it has bound the page's process to. Elsewhere, in JupyterLab say, the desk is the
clerk itself. `cxreports.desk.desk.desk_of` chooses.
"""
