"""The search for the best mapping in pieces: bounds of all pieces, a knapsack over them, and replays."""
