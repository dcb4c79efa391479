"""What the measuring is worth: outages whose truth is known, held against what was measured."""
