// What logoff-bot runs on a Windows host: list the sessions, or the programs of some of them; or log some of them off, disconnect them, or show them a
// message, after comparing each with what a person was shown. The specification is docs/agent-protocol.md. It opens no connection, writes no file, starts no program,
// and calls wtsapi32.dll alone. script.py joins Agent.cs, Input.cs, Lines.cs and the files that the module of
// windows/LogoffBot is built from, too: Acting.cs, Machine.cs, Target.cs, Request.cs, Wts.cs and Processes.cs.
// C# 5: Windows PowerShell 5.1 compiles it with the compiler of .NET Framework 4.
namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.Diagnostics;

    public static class Agent
    {
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
            lines.Host(Machine.NetBiosName(), Machine.DnsName(), IntPtr.Size, DateTime.UtcNow.ToFileTimeUtc());
            foreach (Session session in sessions)
                if (Wts.IsThere(session)) lines.Session(session);
        }

        static void Look(Request request, Lines lines)
        {
            Machine.Check(request);
            foreach (Target target in request.Targets)
            {
                List<Holder> found = Processes.Of(target.Id, target.IsHeldBy);
                lines.Programs(found != null, found ?? new List<Holder>());
            }
        }

        static void Act(Request request, Lines lines)
        {
            Machine.Check(request);
            lines.Begin();
            for (int i = 0; i < request.Targets.Count; i++)
            {
                Stopwatch clock = Stopwatch.StartNew();
                Outcome outcome = Acting.CarryOut(request, request.Targets[i]);
                lines.Target(i, outcome, clock.ElapsedMilliseconds);
                if (outcome.Verdict == "still_closing") return;
            }
        }
    }
}
