namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.Globalization;
    using System.Management.Automation;

    [Cmdlet("Get", "TSSession", DefaultParameterSetName = ListSet)]
    [OutputType(typeof(TSSession), typeof(TSProcess))]
    public sealed class GetTSSessionCommand : ModuleCmdlet
    {
        const string ListSet = "List", ProcessSet = "Process";
        const WildcardOptions AnyCase = WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant;
        bool isNamed;

        public GetTSSessionCommand() { MachineDns = MachineNetBios = ""; }

        [Parameter(Position = 0, ParameterSetName = ListSet)]
        [Parameter(Position = 0, ParameterSetName = ProcessSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
        [Alias("SessionId")]
        [ValidateCount(1, 1000)]
        [ValidateRange(0, int.MaxValue)]
        public int[] Id { get; set; }

        [Parameter(ParameterSetName = ListSet)]
        [Alias("ConnectionState")]
        [ValidateCount(1, 100)]
        [ValidateLength(1, 64)]
        public string[] State { get; set; }

        // With -Process it is the one account that has to be logged on, without wildcards.
        [Parameter(ParameterSetName = ListSet)]
        [Parameter(ParameterSetName = ProcessSet, ValueFromPipelineByPropertyName = true)]
        [AllowEmptyString]
        [ValidateCount(1, 100)]
        [ValidateLength(0, 2049)]
        public string[] UserName { get; set; }

        [Parameter(ParameterSetName = ListSet)]
        [ValidateCount(1, 100)]
        [ValidateLength(1, 1024)]
        public string[] ClientName { get; set; }

        [Parameter(ParameterSetName = ListSet)]
        public SwitchParameter Synchronous { get; set; }

        [Parameter(ParameterSetName = ProcessSet, Mandatory = true)]
        public SwitchParameter Process { get; set; }

        [Parameter(ParameterSetName = ProcessSet, ValueFromPipelineByPropertyName = true)]
        [Alias("LoginTime")]
        [ValidateRange(0L, Int64.MaxValue)]
        public long LogonTime { get; set; }

        [Parameter(ParameterSetName = ProcessSet, ValueFromPipelineByPropertyName = true)]
        [Alias("DnsName")]
        [AllowEmptyString]
        [ValidateLength(0, 255)]
        public string MachineDns { get; set; }

        [Parameter(ParameterSetName = ProcessSet, ValueFromPipelineByPropertyName = true)]
        [Alias("Server")]
        [AllowEmptyString]
        [ValidateLength(0, 255)]
        public string MachineNetBios { get; set; }

        protected override void BeginProcessing() { isNamed = IsSaid("Id"); }

        protected override void ProcessRecord()
        {
            if (ParameterSetName == ProcessSet) WritePrograms();
            else WriteSessions();
        }

        void WriteSessions()
        {
            List<WildcardPattern> states = Patterns("State", State), users = Patterns("UserName", UserName), clients = Patterns("ClientName", ClientName);
            List<TSSession> there = Ask<List<TSSession>>(Sessions);
            foreach (TSSession each in there)
            {
                if (Id != null && Array.IndexOf(Id, (int)Math.Min(each.SessionId, int.MaxValue)) < 0) continue;
                if (!IsLike(each.State, states) || !IsLike(each.ClientName, clients)) continue;
                if (IsLike(each.UserName, users) || IsLike(each.User, users)) WriteObject(each);
            }
            foreach (int id in Id ?? new int[0])
                if (!there.Exists(delegate(TSSession each) { return each.SessionId == id; })) WriteError(Absent(id));
        }

        List<TSSession> Sessions()
        {
            List<TSSession> found = new List<TSSession>();
            foreach (Session each in Wts.Sessions())
                if (Wts.IsThere(each)) found.Add(new TSSession(each, Synchronous));
            return found;
        }

        static ErrorRecord Absent(int id)
        {
            string said = "There is no session " + id.ToString(CultureInfo.InvariantCulture) + ". Get-TSSession without -Id lists those that are there.";
            return Failure(new ArgumentException(said), "absent", 0, "");
        }

        List<WildcardPattern> Patterns(string parameter, string[] texts)
        {
            List<WildcardPattern> patterns = new List<WildcardPattern>();
            foreach (string text in texts ?? new[] { "*" }) patterns.Add(NewPattern(parameter, text));
            return patterns;
        }

        // A pattern such as "[" is found wrong where it is read, or at its first use.
        WildcardPattern NewPattern(string parameter, string text)
        {
            try
            {
                WildcardPattern pattern = new WildcardPattern(text, AnyCase);
                pattern.IsMatch("");
                return pattern;
            }
            catch (WildcardPatternException wrong)
            {
                string said = "-" + parameter + " '" + Plain(text) + "' is no pattern: " + wrong.Message + " Put a backquote before a bracket that is meant as it stands.";
                ThrowTerminatingError(new ErrorRecord(new ArgumentException(said), "ParameterArgumentValidationError", ErrorCategory.InvalidArgument, null));
                throw;
            }
        }

        static bool IsLike(string text, List<WildcardPattern> patterns)
        {
            return patterns.Exists(delegate(WildcardPattern pattern) { return pattern.IsMatch(text); });
        }

        void WritePrograms()
        {
            Request machine = new Request { Dns = MachineDns, NetBios = MachineNetBios };
            foreach (int id in Id)
            {
                if (!isNamed && IsNobodys(id))
                {
                    WriteVerbose("Session " + id.ToString(CultureInfo.InvariantCulture) + " is passed over: nobody is logged on there.");
                    continue;
                }
                List<Holder> found = Ask<List<Holder>>(delegate
                {
                    Machine.Check(machine);
                    return Processes.Of(id, IsMeant);
                });
                if (found == null) ThrowTerminatingError(Changed(id));
                foreach (Holder each in found) WriteObject(new TSProcess(id, each));
            }
        }

        bool IsNobodys(int id)
        {
            return id == 0 || id >= 65536 || (UserName != null && UserName[0].Length == 0) || (IsSaid("LogonTime") && LogonTime == 0);
        }

        bool IsSaid(string parameter) { return MyInvocation.BoundParameters.ContainsKey(parameter); }

        // What was not said is not compared. A logon time of 0 that was said is.
        bool IsMeant(Session seen)
        {
            if (IsSaid("LogonTime") && seen.Logon != LogonTime) return false;
            if (UserName == null) return true;
            Target target = ActCmdlet.NewTarget(seen.Id, UserName[0], seen.Logon);
            return UserName.Length == 1 && target.IsHeldBy(seen);
        }

        static ErrorRecord Changed(int id)
        {
            string said = "Session " + id.ToString(CultureInfo.InvariantCulture) + " is not the one that was meant, or is gone. Run Get-TSSession again.";
            return Failure(new ArgumentException(said), "changed", 0, "");
        }
    }
}
