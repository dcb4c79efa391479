"""The defects: one file a topic. `selftests.planted.defect` finds them."""
