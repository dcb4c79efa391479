"""The command `holdfast`: one file a verb, with no logic of its own."""
