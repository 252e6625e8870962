"""A text that doubles by way of its own replacement."""
s = "ab"
while len(s) < 10 ** 12:
    s = s.replace("a", "aa").replace("b", "bb")
