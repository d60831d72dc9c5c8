"""Where the lake and the portal meet: balances, the link to pay, the checklist, warnings."""
