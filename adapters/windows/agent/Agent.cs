// What logoff-bot runs on a Windows host: list the sessions, or the programs of some of them; or log some of them off, disconnect them, or show them a
// message, after comparing each with what a person was shown. The specification is docs/agent-protocol.md. It opens no connection, writes no file, starts no program,
// and calls wtsapi32.dll alone. script.py joins Agent.cs, Input.cs, Target.cs, Request.cs, Lines.cs, Wts.cs and Processes.cs, in this order.
// C# 5: Windows PowerShell 5.1 compiles it with the compiler of .NET Framework 4.
namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.Diagnostics;
    using System.Threading;

    public static class Agent
    {
        const int PollEveryMs = 200;

        // Writes every reply to standard output as soon as it is known. Whatever goes wrong is a reply, too.
        // whole: all of standard input. Nothing is looked at or touched before it was found whole and understood.
        public static void Run(string nonce, string request, string tally, string whole)
        {
            Lines lines = new Lines(nonce);
            try
            {
                Input.CheckWhole(whole, tally);
                Request understood = Request.Parse(request);
                Wts.CheckLayout();
                if (understood.IsList) List(lines);
                else if (understood.IsProcesses) Look(understood, lines);
                else Act(understood, lines);
            }
            catch (CallFailed failed) { lines.Error(failed.Where, failed.Code, failed.Message); }
            catch (Exception other)
            {
                Exception inner = other.GetBaseException();
                lines.Error(inner.GetType().Name, 0, inner.Message);
            }
            lines.End();
        }

        static void List(Lines lines)
        {
            List<Session> sessions = Wts.Sessions();
            lines.Host(NetBiosName(), DnsName(), IntPtr.Size, DateTime.UtcNow.ToFileTimeUtc());
            foreach (Session session in sessions)
                if (Wts.IsThere(session)) lines.Session(session);
        }

        // The person is compared after the reading: the programs of whoever took the id meanwhile are told to nobody.
        static void Look(Request request, Lines lines)
        {
            CheckMachine(request);
            foreach (Target target in request.Targets)
            {
                if (target.Id <= 0 || target.Id > int.MaxValue) throw new CallFailed("request", 87, "no id of a person's session");
                List<Holder> found = Processes.Of((uint)target.Id);
                Session seen = Wts.Find((uint)target.Id);
                bool isHeld = seen != null && seen.Error == 0 && target.IsHeldBy(seen);
                if (seen != null && seen.Error != 0) throw new CallFailed("WTSQuerySessionInformationW", seen.Error, "");
                lines.Programs(isHeld, isHeld ? found : new List<Holder>());
            }
        }

        static void CheckMachine(Request request)
        {
            string dns = DnsName();
            if (!IsSame(request.Dns, dns) || !IsSame(request.NetBios, NetBiosName())) throw new CallFailed("machine", 0, dns);
        }

        static void Act(Request request, Lines lines)
        {
            CheckMachine(request);
            lines.Begin();
            for (int i = 0; i < request.Targets.Count; i++)
            {
                Stopwatch clock = Stopwatch.StartNew();
                Outcome outcome = CarryOut(request, request.Targets[i]);
                lines.Target(i, outcome, clock.ElapsedMilliseconds);
                if (outcome.Verdict == "still_closing") return;
            }
        }

        // Up to 15 letters on Windows.
        static string NetBiosName()
        {
            string name = Environment.MachineName;
            return name.Length > 15 ? name.Substring(0, 15) : name;
        }

        static string DnsName()
        {
            try { return System.Net.Dns.GetHostName(); }
            catch (Exception) { return ""; }
        }

        static bool IsSame(string said, string now) { return said.Length == 0 || said.Equals(now, StringComparison.OrdinalIgnoreCase); }

        // The comparison and the act stand side by side: nothing comes between the last reading and the call.
        static Outcome CarryOut(Request request, Target target)
        {
            if (target.Id < 0 || target.Id > int.MaxValue) return new Outcome("protected", 0, "bad id", null);
            if (target.Id == 0) return new Outcome("protected", 0, "session 0", null);
            Session seen = Wts.Find((uint)target.Id);
            if (seen == null) return new Outcome("absent", 0, "", null);
            if (seen.IsListener) return new Outcome("protected", 0, "listener", seen);
            if (seen.Error != 0) return new Outcome("refused", seen.Error, "WTSQuerySessionInformationW", seen);
            if (seen.User.Length == 0) return new Outcome("protected", 0, "no user", seen);
            if (seen.Logon == 0) return new Outcome("protected", 0, "no logon time", seen);
            if (!target.IsHeldBy(seen)) return new Outcome("changed", 0, "person", seen);
            if (target.NotAtConsole && seen.IsAtConsole) return new Outcome("protected", 0, "console", seen);
            string change = target.ChangeIn(seen);
            if (change != null) return new Outcome("changed", 0, change, seen);
            if (request.IsDisconnect && seen.IsDisconnected) return new Outcome("disconnected", 0, "already", seen);

            int code = request.Call(seen.Id);
            if (Wts.MeansAbsent(code)) return new Outcome("absent", 0, "", null);
            if (code != 0 && (code != Wts.ClosePending || request.IsMessage)) return new Outcome("refused", code, request.Function, seen);
            if (request.IsMessage) return new Outcome("sent", 0, "", seen);
            if (request.WaitSeconds == 0) return new Outcome("requested", code, "", seen);
            return Wait(request, target, seen, code);
        }

        // The time is that of all targets together. A look that fails is no answer here: it looks again until the time is up.
        static Outcome Wait(Request request, Target target, Session seen, int code)
        {
            request.Waiting.Start();
            try { return LookUntilGone(request, target, seen, code); }
            finally { request.Waiting.Stop(); }
        }

        static Outcome LookUntilGone(Request request, Target target, Session seen, int code)
        {
            while (true)
            {
                try
                {
                    seen = Wts.Find((uint)target.Id);
                    if (target.IsGoneFrom(seen)) return new Outcome("gone", 0, "", seen);
                    if (seen.Error != 0) code = seen.Error;
                    else if (request.IsDisconnect && seen.IsDisconnected && target.IsHeldBy(seen)) return new Outcome("disconnected", 0, "", seen);
                }
                catch (CallFailed failed) { code = failed.Code; }
                if (request.Waiting.Elapsed.TotalSeconds >= request.WaitSeconds) return new Outcome("still_closing", code, "", seen);
                Thread.Sleep(PollEveryMs);
            }
        }
    }

    // A call to Windows, or the reading of the request, that failed.
    sealed class CallFailed : Exception
    {
        public readonly string Where;
        public readonly int Code;
        public CallFailed(string where, int code, string message) : base(message) { Where = where; Code = code; }
    }

    sealed class Outcome
    {
        public readonly string Verdict, Why;
        public readonly int Code;
        public readonly Session Seen;
        public Outcome(string verdict, int code, string why, Session seen) { Verdict = verdict; Code = code; Why = why; Seen = seen; }
    }
}
