namespace LogoffBot
{
    using System;

    // What is done for one target, by the agent and by the module's cmdlets alike.
    static class Acting
    {
        const int PollEveryMs = 200;

        // The comparison and the act stand side by side: nothing comes between the last reading and the call.
        public static Outcome CarryOut(Request request, Target target)
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
                if (request.Stopping.WaitOne(PollEveryMs)) return new Outcome("still_closing", code, "", seen);
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
