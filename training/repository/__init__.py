"""A repository of yours as a source of problems: its functions are asked for, what its tests call is the judge."""
