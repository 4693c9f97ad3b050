class EmbeddedError(Exception):
    """An embedded server cannot run here; the message is one sentence for a person."""
