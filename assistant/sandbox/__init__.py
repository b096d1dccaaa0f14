"""Where programs run that a model wrote: computing inside, judging outside."""
