"""What the measuring is worth: outages whose truth is known, held against what was measured."""

from selftests.evidence import PRODUCT

# On what rows of evidence depend: not on how they are judged and told afterwards.
PROVED = (
    *PRODUCT,
    *("selftests/measuring", "selftests/stub"),
    *(":!selftests/measuring/test_*.py", ":!selftests/measuring/telling.py"),
)
