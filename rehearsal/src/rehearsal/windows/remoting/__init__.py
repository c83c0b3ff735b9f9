"""PowerShell remoting: runspace pools on WS-Management, and the endpoints that run what is asked in them."""
