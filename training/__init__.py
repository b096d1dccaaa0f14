"""Problems to ranked answers to a checkpoint: the RRTF road."""
