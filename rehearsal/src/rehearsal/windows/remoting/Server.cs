// Runs the engine's own server of PowerShell remoting on a pipe: what `pwsh -s -ConfigurationFile` does.
using System;
using System.Reflection;
using System.Runtime.InteropServices;

public static class Server
{
    const string Name = "System.Management.Automation.Remoting.Server.StdIOProcessMediator";
    const BindingFlags Any = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

    [DllImport("libc")]
    static extern int dup2(int from, int to);

    // The standard input that the engine's host has read belongs to its script; the server reads another pipe.
    public static void Run(int from, string configuration)
    {
        if (dup2(from, 0) != 0) throw new InvalidOperationException("dup2 failed");
        Type server = typeof(System.Management.Automation.PowerShell).Assembly.GetType(Name, true);
        server.GetMethod("Run", Any).Invoke(null, new object[] { null, null, null, configuration, true });
    }
}
