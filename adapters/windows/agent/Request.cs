namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.Diagnostics;
    using System.Globalization;
    using System.Text;
    using System.Threading;

    // The whole request is understood before anything is touched.
    sealed class Request
    {
        public int WaitSeconds;

        // How long was waited so far, for all targets together.
        public readonly Stopwatch Waiting = new Stopwatch();
        public readonly List<Target> Targets = new List<Target>();
        public string Title = "", Text = "";

        // The machine that the card was drawn from; empty: not compared.
        public string Dns = "", NetBios = "";
        public string Operation;

        // Set from another thread, it ends the waiting. What was asked of Windows by then is not taken back.
        public WaitHandle Stopping = new ManualResetEvent(false);

        public bool IsList { get { return Operation == "list"; } }

        public bool IsProcesses { get { return Operation == "processes"; } }

        public bool IsDisconnect { get { return Operation == "disconnect"; } }

        public bool IsMessage { get { return Operation == "message"; } }

        public string Function
        {
            get { return IsMessage ? "WTSSendMessageW" : IsDisconnect ? "WTSDisconnectSession" : "WTSLogoffSession"; }
        }

        // The one act of this request. Gives the Win32 code, 0 for success.
        public int Call(uint id)
        {
            switch (Operation)
            {
                case "message": return Wts.Show(id, Title, Text);
                case "disconnect": return Wts.Disconnect(id);
                case "logoff": return Wts.LogOff(id);
                default: throw new CallFailed("request", 87, Operation + " is no act");
            }
        }

        public static Request Parse(string all)
        {
            try
            {
                string[] lines = all.Split('\n');
                Request request = new Request();
                request.Operation = lines[0].TrimEnd('\r');
                bool isKnown = Array.IndexOf(new[] { "list", "processes", "logoff", "disconnect", "message" }, request.Operation) >= 0;
                if (!isKnown || (request.IsList && lines.Length > 1)) throw new FormatException("operation");
                for (int i = 1; i < lines.Length; i++) request.Take(lines[i].TrimEnd('\r').Split(' '));
                if (request.IsMessage && request.Title.Length == 0) throw new FormatException("no title");
                return request;
            }
            catch (Exception wrong) { throw new CallFailed("request", 87, wrong.Message); }
        }

        public static long Number(string text) { return Int64.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture); }

        void Take(string[] words)
        {
            List<string> fields = new List<string>();
            for (int i = 1; i < words.Length; i++) fields.Add(Decoded(words[i]));
            if (words[0] == "wait" && fields.Count == 1) WaitSeconds = (int)Math.Min(Math.Max(0, Number(fields[0])), 86400);
            else if (words[0] == "machine" && fields.Count == 2) { Dns = fields[0]; NetBios = fields[1]; }
            else if (words[0] == "say" && fields.Count == 2 && IsMessage) { Title = fields[0]; Text = fields[1]; }
            else if (words[0] == "target" && fields.Count == 8) Targets.Add(NewTarget(fields));
            else if (words[0] == "if" && fields.Count >= 3) Targets[Targets.Count - 1].Conditions.Add(new Condition(fields));
            else throw new FormatException("line " + words[0]);
        }

        static Target NewTarget(List<string> fields)
        {
            Target target = new Target();
            target.Id = Number(fields[0]);
            target.Domain = fields[1];
            target.User = fields[2];
            target.Logon = Number(fields[3]);
            target.State = (int)Number(fields[4]);
            target.EvenIfActive = Number(fields[5]) == 1;
            target.NotAtConsole = Number(fields[6]) != 0;
            target.Since = Number(fields[7]);
            return target;
        }

        static string Decoded(string word)
        {
            return word == "-" ? "" : new UTF8Encoding(false, true).GetString(Convert.FromBase64String(word));
        }
    }
}
