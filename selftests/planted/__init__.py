"""Defects that are really planted into the lab, to see that the checklist finds them.

A defect is one subclass of `Defect` in a file of the folder `defects`, one file a topic; nothing
else has to be edited. `holdfast run conformance` is run while it is in: what goes red must be what
the defect declares, no item more and none less.
"""
