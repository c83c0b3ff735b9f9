namespace LogoffBot
{
    using System;

    // The machine this runs on, by the names it gives itself.
    static class Machine
    {
        // An order may name the machine that its card was drawn from.
        public static void Check(Request request)
        {
            string dns = DnsName();
            if (!IsSame(request.Dns, dns) || !IsSame(request.NetBios, NetBiosName())) throw new CallFailed("machine", 0, dns);
        }

        // Up to 15 letters on Windows.
        public static string NetBiosName()
        {
            string name = Environment.MachineName;
            return name.Length > 15 ? name.Substring(0, 15) : name;
        }

        public static string DnsName()
        {
            try { return System.Net.Dns.GetHostName(); }
            catch (Exception) { return ""; }
        }

        static bool IsSame(string said, string now) { return said.Length == 0 || said.Equals(now, StringComparison.OrdinalIgnoreCase); }
    }
}
