"""The cases that QA runs, the environment that they run in, and the schedule of a run."""
