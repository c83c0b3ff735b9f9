namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.Diagnostics;
    using System.Globalization;
    using System.Management.Automation;
    using System.Threading;

    // A cmdlet that touches a person's session. Who it is and since when has to be said: nobody is hit by a number alone.
    public abstract class ActCmdlet : ModuleCmdlet
    {
        internal const string IdSet = "Id", ObjectSet = "InputObject";
        const int Listening = 6, FirstListener = 65536, LeastFields = 3;
        static readonly string[] Who = { "Id", "UserName", "LogonTime" };
        readonly ManualResetEvent stopping = new ManualResetEvent(false);
        bool isPiped;

        protected ActCmdlet() { MachineDns = MachineNetBios = ""; }

        // Empty, as a logon time of 0 is, for a session without a person, which comes along the pipeline with the others.
        [Parameter(ParameterSetName = IdSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
        [AllowEmptyString]
        [ValidateLength(0, 2049)]
        public string UserName { get; set; }

        [Parameter(ParameterSetName = IdSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
        [Alias("LoginTime")]
        [ValidateRange(0L, Int64.MaxValue)]
        public long LogonTime { get; set; }

        // Any number that a host has told for a state: it is compared, nothing else.
        [Parameter(ValueFromPipelineByPropertyName = true)]
        [Alias("StateCode")]
        public int SaidState { get; set; }

        [Parameter]
        [ValidateRange(0L, Int64.MaxValue)]
        public long SaidSince { get; set; }

        [Parameter(ValueFromPipelineByPropertyName = true)]
        [Alias("DnsName")]
        [AllowEmptyString]
        [ValidateLength(0, 255)]
        public string MachineDns { get; set; }

        [Parameter(ValueFromPipelineByPropertyName = true)]
        [Alias("Server")]
        [AllowEmptyString]
        [ValidateLength(0, 255)]
        public string MachineNetBios { get; set; }

        [Parameter]
        public SwitchParameter EvenIfActive { get; set; }

        [Parameter]
        public SwitchParameter EvenAtConsole { get; set; }

        [Parameter]
        [ValidateCount(0, 256)]
        [ValidateLength(1, 65536)]
        public string[] Condition { get; set; }

        internal long TargetId { get; set; }

        internal abstract Request NewRequest();

        // What was typed is bound before the first record, what is piped with each record.
        protected override void BeginProcessing()
        {
            isPiped = !Array.TrueForAll(Who, delegate(string name) { return MyInvocation.BoundParameters.ContainsKey(name); });
        }

        protected override void StopProcessing() { stopping.Set(); }

        // `Get-TSSession | Stop-TSSession` is about people: what else was listed is no error.
        internal bool IsPassedOver()
        {
            bool isPersonal = TargetId > 0 && TargetId < FirstListener && SaidState != Listening && UserName.Length > 0 && LogonTime > 0;
            if (isPersonal || !isPiped) return false;
            WriteVerbose("Session " + Number(TargetId) + " is passed over: nobody is logged on there.");
            return true;
        }

        // As the pipeline does by the names of its properties.
        internal void Take(TSSession listed)
        {
            TargetId = listed.SessionId;
            UserName = listed.UserName;
            LogonTime = listed.LoginTime;
            SaidState = listed.StateCode;
            MachineDns = listed.DnsName;
            MachineNetBios = listed.Server;
        }

        internal TSResult CarryOut()
        {
            return Ask<TSResult>(delegate
            {
                Request request = NewRequest();
                request.Stopping = stopping;
                request.Dns = MachineDns;
                request.NetBios = MachineNetBios;
                request.Targets.Add(NewTarget());
                Machine.Check(request);
                Stopwatch clock = Stopwatch.StartNew();
                Outcome outcome = Acting.CarryOut(request, request.Targets[0]);
                return new TSResult(TargetId, outcome, clock.ElapsedMilliseconds);
            });
        }

        Target NewTarget()
        {
            Target target = NewTarget(TargetId, UserName, LogonTime);
            target.State = SaidState;
            target.Since = SaidSince;
            target.EvenIfActive = EvenIfActive;
            target.NotAtConsole = !EvenAtConsole;
            foreach (string each in Condition ?? new string[0]) target.Conditions.Add(NewCondition(each));
            return target;
        }

        // DOMAIN\user, or the user of a machine without a domain.
        internal static Target NewTarget(long id, string account, long logon)
        {
            int at = account.IndexOf('\\');
            Target target = new Target { Id = id, Logon = logon };
            target.Domain = at < 0 ? "" : account.Substring(0, at);
            target.User = account.Substring(at + 1);
            return target;
        }

        // Field, operator and values, parted by TAB, as the lines `if` of docs/agent-protocol.md have them.
        static Condition NewCondition(string text)
        {
            List<string> fields = new List<string>(text.Split('\t'));
            if (fields.Count < LeastFields) throw new CallFailed("request", 87, "a condition has a field, an operator and values");
            try { return new Condition(fields); }
            catch (FormatException wrong) { throw new CallFailed("request", 87, wrong.Message); }
            catch (OverflowException wrong) { throw new CallFailed("request", 87, wrong.Message); }
        }

        internal static string Number(long number) { return number.ToString(CultureInfo.InvariantCulture); }
    }
}
