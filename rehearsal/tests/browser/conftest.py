from rehearsal_testing.browser import axe, browser, open_page, tolerated

__all__ = ["axe", "browser", "open_page", "tolerated"]  # fixtures
