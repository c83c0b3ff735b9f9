namespace LogoffBot
{
    using System.Management.Automation;

    [Cmdlet("Send", "TSMessage", DefaultParameterSetName = IdSet)]
    [OutputType(typeof(TSResult))]
    public sealed class SendTSMessageCommand : ActCmdlet
    {
        public SendTSMessageCommand() { Caption = "Alert"; }

        [Parameter(Mandatory = true, Position = 0)]
        [ValidateLength(1, 20000)]
        public string Text { get; set; }

        [Parameter]
        [ValidateLength(1, 1024)]
        public string Caption { get; set; }

        [Parameter(ParameterSetName = IdSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
        [Alias("SessionId")]
        [ValidateRange(0L, (long)int.MaxValue)]
        public long Id { get { return TargetId; } set { TargetId = value; } }

        internal override Request NewRequest() { return new Request { Operation = "message", Title = Caption, Text = Text }; }

        protected override void ProcessRecord()
        {
            if (!IsPassedOver()) WriteObject(CarryOut());
        }
    }
}
