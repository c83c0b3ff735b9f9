using System.Reflection;

[assembly: AssemblyTitle("LogoffBot")]
[assembly: AssemblyDescription("Lists the sessions of this machine, and logs off, disconnects or messages the people in them.")]
[assembly: AssemblyVersion(LogoffBot.ModuleInfo.Version + ".0")]

namespace LogoffBot
{
    // The version of the bot this module was released with. The bot refuses a module that is older than it knows.
    static class ModuleInfo
    {
        public const string Version = "0.1.0";
    }
}
