"""One page per kind of answer."""
