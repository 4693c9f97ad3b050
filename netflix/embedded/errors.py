class EmbeddedError(Exception):
    """An embedded server cannot run. The message is a sentence for people."""
