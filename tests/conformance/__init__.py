"""Is this cluster built to survive? One file a topic, one test an item; all of it only reads."""
