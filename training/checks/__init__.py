"""Where the tests of a problem come from: its examples, its teachers' asserts, its reference, and agreement."""
