namespace LogoffBot
{
    using System;
    using System.Management.Automation;

    // Ends a session, or a person's connection to it: asks before, and waits after the act when it is told to.
    public abstract class EndCmdlet : ActCmdlet
    {
        const int Disconnected = 4;
        long stillClosing;

        protected EndCmdlet()
        {
            SaidState = Disconnected;
            TimeoutSeconds = 90;
        }

        [Parameter(ParameterSetName = IdSet, Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
        [Alias("SessionId")]
        [ValidateRange(0L, (long)int.MaxValue)]
        public long Id { get { return TargetId; } set { TargetId = value; } }

        // What Get-TSSession listed on this machine. Such an object crosses no wire: behind an endpoint it cannot be given.
        [Parameter(ParameterSetName = ObjectSet, Mandatory = true)]
        [ValidateCount(1, 1000)]
        public TSSession[] InputObject { get; set; }

        [Parameter(ValueFromPipelineByPropertyName = true)]
        public SwitchParameter Synchronous { get; set; }

        // For one session.
        [Parameter]
        [ValidateRange(1, 86400)]
        public int TimeoutSeconds { get; set; }

        [Parameter]
        public SwitchParameter Force { get; set; }

        internal abstract string Operation { get; }

        internal abstract string Doing { get; }

        internal override Request NewRequest()
        {
            return new Request { Operation = Operation, WaitSeconds = Synchronous ? TimeoutSeconds : 0 };
        }

        protected override void ProcessRecord()
        {
            if (ParameterSetName != ObjectSet)
            {
                End();
                return;
            }
            bool isSynchronous = Synchronous;
            foreach (TSSession each in InputObject)
            {
                Take(each);
                Synchronous = new SwitchParameter(isSynchronous || each.Synchronous);
                End();
            }
        }

        void End()
        {
            if (IsPassedOver()) return;
            if (stillClosing != 0)
            {
                WriteError(NotReached());
                return;
            }
            if (!MayAct()) return;
            TSResult result = CarryOut();
            if (result.Verdict == "still_closing") stillClosing = TargetId;
            WriteObject(result);
        }

        // WhatIf beats Force, and so does a -Confirm that was typed.
        bool MayAct()
        {
            string target = ThisMachineAttribute.IsLocal(ComputerName) ? Machine.NetBiosName().ToLowerInvariant() : ComputerName;
            string action = Doing + " session id '" + Number(TargetId) + "'";
            if (IsWhatIf()) return ShouldProcess(target, action);
            if (Force && !MyInvocation.BoundParameters.ContainsKey("Confirm")) return true;
            string what = "Performing the operation \"" + action + "\" on target \"" + target + "\".";
            string whose = " It is the session of " + Plain(UserName) + ", " + TSSession.NameOf(SaidState) + ".";
            return ShouldProcess(what, "Are you sure you want to perform this action?" + Environment.NewLine + what + whose, "Confirm");
        }

        bool IsWhatIf()
        {
            object typed;
            if (MyInvocation.BoundParameters.TryGetValue("WhatIf", out typed)) return LanguagePrimitives.IsTrue(typed);
            return LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));
        }

        // With -Synchronous the next session is touched when the one before is gone.
        ErrorRecord NotReached()
        {
            string said = "Session " + Number(TargetId) + " was not touched: session " + Number(stillClosing) + " was still closing after "
                + Number(TimeoutSeconds) + " s. Look with Get-TSSession, and call again for those that are left.";
            return Failure(new TimeoutException(said), "waiting", 0, "");
        }
    }

    [Cmdlet("Stop", "TSSession", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ActCmdlet.IdSet)]
    [OutputType(typeof(TSResult))]
    public sealed class StopTSSessionCommand : EndCmdlet
    {
        internal override string Operation { get { return "logoff"; } }

        internal override string Doing { get { return "Logging off"; } }
    }

    [Cmdlet("Disconnect", "TSSession", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ActCmdlet.IdSet)]
    [OutputType(typeof(TSResult))]
    public sealed class DisconnectTSSessionCommand : EndCmdlet
    {
        internal override string Operation { get { return "disconnect"; } }

        internal override string Doing { get { return "Disconnecting"; } }
    }
}
