"""The control API under /rehearsal/: how a page or a program acts as any of the workspace's people."""
