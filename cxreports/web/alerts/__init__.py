"""The pages of alerts: what fires, the rules, their history; and the editor of a rule with its replay."""
