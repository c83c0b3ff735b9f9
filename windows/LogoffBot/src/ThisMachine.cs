namespace LogoffBot
{
    using System;
    using System.Management.Automation;
    using System.Net.NetworkInformation;

    // The module serves the machine that it runs on, by any name that this machine has, and no other.
    [AttributeUsage(AttributeTargets.Property)]
    public sealed class ThisMachineAttribute : ValidateArgumentsAttribute
    {
        const int MostLetters = 255;

        protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
        {
            string name = arguments as string ?? "";
            if (IsThisMachine(name)) return;
            string shown = ModuleCmdlet.Plain(name.Length > MostLetters ? name.Substring(0, MostLetters) : name);
            throw new ValidationMetadataException("This module serves " + Machine.NetBiosName() + ", the machine it runs on, and '" + shown
                + "' is none of its names. For another machine open a session there first (Enter-PSSession), or ask the bot in Slack.");
        }

        internal static bool IsLocal(string name) { return IsSame(name, ".") || IsSame(name, "localhost"); }

        static bool IsThisMachine(string name)
        {
            string dns = Machine.DnsName(), domain = DomainName();
            return IsLocal(name) || IsSame(name, Machine.NetBiosName()) || (dns.Length > 0 && IsSame(name, dns))
                || (dns.Length > 0 && domain.Length > 0 && IsSame(name, dns + "." + domain));
        }

        static bool IsSame(string one, string other) { return String.Equals(one, other, StringComparison.OrdinalIgnoreCase); }

        // Asked of the machine alone, never of the network.
        static string DomainName()
        {
            try { return IPGlobalProperties.GetIPGlobalProperties().DomainName ?? ""; }
            catch (Exception) { return ""; }
        }
    }
}
