"""Nothing stays broken: journal, fence, dead man, watchdog, guards, lock, lease and heal."""
