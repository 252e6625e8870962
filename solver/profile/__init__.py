"""What a mapping makes every part of the array do, in the terms that mRNA's users are used to."""

from solver.profile.build import profile
from solver.profile.result import PhaseProfile, Profile, Sends

__all__ = ["PhaseProfile", "Profile", "Sends", "profile"]
