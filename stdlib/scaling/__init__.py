"""How a position grows and shrinks: strengths for ADD and CLOSE."""
