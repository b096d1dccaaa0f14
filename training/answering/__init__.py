"""The first step of RRTF: many answers to every problem, from students and teachers."""
