namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.Globalization;

    // What every result says. All results are flat: an object inside an object crosses PowerShell remoting as its ToString() alone.
    // Times are FILETIME ticks (100 ns since 1601, UTC), 0 where Windows has none.
    public abstract class ModuleResult
    {
        readonly string server = Machine.NetBiosName(), dnsName = Machine.DnsName();

        public string ModuleVersion { get { return ModuleInfo.Version; } }
        public string Server { get { return server; } }
        public string DnsName { get { return dnsName; } }
    }

    public sealed class TSSession : ModuleResult
    {
        static readonly string[] States =
        {
            "Active", "Connected", "ConnectQuery", "Shadowing", "Disconnected", "Idle", "Listening", "Reset", "Down", "Initializing"
        };

        readonly Session session;

        internal TSSession(Session session, bool isSynchronous)
        {
            this.session = session;
            Synchronous = isSynchronous;
        }

        public long SessionId { get { return session.Id; } }
        public string State { get { return NameOf(session.State); } }
        public int StateCode { get { return session.State; } }
        public string WindowStationName { get { return session.Station; } }
        public string DomainName { get { return session.Domain; } }
        public string User { get { return session.User; } }
        public string UserName { get { return session.Domain.Length == 0 ? session.User : session.Domain + "\\" + session.User; } }
        public string ClientName { get { return session.Client; } }
        public string IPAddress { get { return session.Address; } }
        public int ProtocolCode { get { return session.Protocol; } }
        public long ClientBuildNumber { get { return session.Build; } }
        public string ClientDisplay { get { return session.Display; } }
        public long LoginTime { get { return session.Logon; } }
        public long ConnectTime { get { return session.Connect; } }
        public long DisconnectTime { get { return session.Disconnect; } }
        public long LastInputTime { get { return session.Input; } }
        public long CurrentTime { get { return session.Now; } }
        public long IdleSeconds { get { return session.Idle; } }
        public int ErrorCode { get { return session.Error; } }
        public string UnreadParts { get { return Codes(session.Unread); } }
        public int CutLetters { get { return session.Cut; } }

        // Bound by its name it tells Stop-TSSession and Disconnect-TSSession to wait.
        public bool Synchronous { get; private set; }

        internal static string NameOf(int state)
        {
            return state >= 0 && state < States.Length ? States[state] : state.ToString(CultureInfo.InvariantCulture);
        }

        // What could not be read, with the code of each: "client=5 times=1722".
        internal static string Codes(List<KeyValuePair<string, int>> unread)
        {
            List<string> words = unread.ConvertAll(delegate(KeyValuePair<string, int> each)
            {
                return each.Key + "=" + each.Value.ToString(CultureInfo.InvariantCulture);
            });
            return String.Join(" ", words.ToArray());
        }
    }

    // One program that runs in a session. CpuTicks: user and kernel time, 100 ns each.
    public sealed class TSProcess : ModuleResult
    {
        readonly Holder holder;

        internal TSProcess(long sessionId, Holder holder)
        {
            SessionId = sessionId;
            this.holder = holder;
        }

        public long SessionId { get; private set; }
        public string Name { get { return holder.Name; } }
        public long CpuTicks { get { return holder.Cpu; } }
        public long WorkingSetBytes { get { return holder.Memory; } }
    }

    // What became of one session. Seen: the session at the last look, empty where HasSeen is false.
    public sealed class TSResult : ModuleResult
    {
        static readonly Session Nothing = new Session();
        readonly Outcome outcome;
        readonly Session seen;

        internal TSResult(long sessionId, Outcome outcome, long waitedMs)
        {
            SessionId = sessionId;
            WaitedMs = waitedMs;
            this.outcome = outcome;
            seen = outcome.Seen ?? Nothing;
        }

        public long SessionId { get; private set; }
        public string Verdict { get { return outcome.Verdict; } }
        public int Code { get { return outcome.Code; } }
        public string Why { get { return outcome.Why; } }
        public long WaitedMs { get; private set; }
        public bool HasSeen { get { return outcome.Seen != null; } }
        public int SeenStateCode { get { return HasSeen ? seen.State : -1; } }
        public string SeenWindowStationName { get { return seen.Station; } }
        public string SeenDomainName { get { return seen.Domain; } }
        public string SeenUser { get { return seen.User; } }
        public string SeenClientName { get { return seen.Client; } }
        public string SeenIPAddress { get { return seen.Address; } }
        public int SeenProtocolCode { get { return seen.Protocol; } }
        public long SeenClientBuildNumber { get { return seen.Build; } }
        public string SeenClientDisplay { get { return seen.Display; } }
        public long SeenLoginTime { get { return seen.Logon; } }
        public long SeenConnectTime { get { return seen.Connect; } }
        public long SeenDisconnectTime { get { return seen.Disconnect; } }
        public long SeenLastInputTime { get { return seen.Input; } }
        public long SeenCurrentTime { get { return seen.Now; } }
        public int SeenErrorCode { get { return seen.Error; } }
        public string SeenUnreadParts { get { return TSSession.Codes(seen.Unread); } }
        public int SeenCutLetters { get { return seen.Cut; } }
    }
}
