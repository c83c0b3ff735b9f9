namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.Globalization;

    // One session as Windows describes it. Times are FILETIME ticks, 0 for none. Error: user, domain or times could not be read.
    // Unread: every class that could not be read, with its code. Cut: letters of its texts that were left out.
    sealed class Session
    {
        public uint Id;
        public int State, Protocol, Error, Cut;
        public uint Build;
        public readonly List<KeyValuePair<string, int>> Unread = new List<KeyValuePair<string, int>>();
        public string Station = "", Domain = "", User = "", Client = "", Address = "", Display = "";
        public long Logon, Connect, Disconnect, Input, Now;

        public bool IsListener { get { return State == 6 || Id >= 65536; } }

        public bool IsAtConsole { get { return Station.Equals("Console", StringComparison.OrdinalIgnoreCase); } }

        public bool IsDisconnected { get { return State == 4; } }

        // In every other state without a user Windows may still be closing the session.
        public bool IsOfNobody { get { return State == 1 || State == 2 || State == 5 || State == 6 || State == 9; } }

        // Nobody types in a session or leaves it before the logon, so an older time is taken for that of the logon.
        public long SinceLogon(long ticks) { return ticks > 0 ? Math.Max(ticks, Logon) : 0; }

        // Whole seconds by the clock of this host, -1 when unknown.
        public long Idle
        {
            get
            {
                long since = SinceLogon(State == 0 ? Input : State == 4 ? Disconnect : 0);
                return since > 0 && Now > 0 ? Math.Max(0, Now - since) / 10000000 : -1;
            }
        }
    }

    // The person in the situation that was shown and confirmed.
    sealed class Target
    {
        const long Minute = 600000000;

        // Since: what the card said of the time, the last input or the disconnect; 0: nothing to compare.
        public long Id, Logon, Since;
        public string Domain, User;
        public int State;
        public bool EvenIfActive, NotAtConsole;
        public readonly List<Condition> Conditions = new List<Condition>();

        // Null when it is all as it was shown. Who holds the session is compared before.
        public string ChangeIn(Session seen)
        {
            string change = EvenIfActive ? null : ChangeOfTime(seen);
            if (change != null) return change;
            foreach (Condition condition in Conditions)
                if (!condition.HoldsFor(seen)) return "filter";
            return null;
        }

        string ChangeOfTime(Session seen)
        {
            if (State != 0 && seen.State == 0) return "came_back";
            if (Since <= 0) return null;
            if (State == 0 && seen.IsDisconnected) return "left";
            if (seen.State != State) return null;
            long since = seen.SinceLogon(State == 0 ? seen.Input : seen.Disconnect);
            if (since <= 0) return "unread";
            return since - (State == 0 ? Minute : 0) > Since ? "came_back" : null;
        }

        public bool IsHeldBy(Session seen) { return IsSamePersonAs(seen) && seen.Logon == Logon; }

        // What could not be read proves nothing.
        public bool IsGoneFrom(Session seen)
        {
            if (seen == null) return true;
            if (seen.Error != 0) return false;
            if (seen.User.Length == 0) return seen.IsOfNobody;
            if (seen.Domain.Length == 0 || seen.Logon == 0) return false;
            return seen.Logon != Logon || AreOthers(seen.User, User) || AreOthers(seen.Domain, Domain);
        }

        // Names prove two people where no table of letter case can make them one.
        static bool AreOthers(string one, string other)
        {
            return IsAscii(one) && IsAscii(other) && !String.Equals(one, other, StringComparison.OrdinalIgnoreCase);
        }

        // An empty name is none.
        static bool IsAscii(string text)
        {
            foreach (char letter in text)
                if (letter > 127) return false;
            return text.Length > 0;
        }

        bool IsSamePersonAs(Session seen)
        {
            return String.Equals(seen.User, User, StringComparison.OrdinalIgnoreCase)
                && String.Equals(seen.Domain, Domain, StringComparison.OrdinalIgnoreCase);
        }
    }

    sealed class Condition
    {
        readonly string field, op;
        readonly List<string> values;
        readonly long number;

        public Condition(List<string> fields)
        {
            field = fields[0];
            op = fields[1];
            values = fields.GetRange(2, fields.Count - 2);
            string known = field == "idle" ? "gt ge lt le" : field == "logon" ? "gt ge lt le in" : field == "state" ? "in" : "like";
            bool isField = Array.IndexOf(new[] { "user", "client", "address", "station", "state", "idle", "logon" }, field) >= 0;
            if (!isField || Array.IndexOf(known.Split(' '), op) < 0) throw new FormatException("if " + field + " " + op);
            if (op == "like") return;
            foreach (string value in values) number = Request.Number(value);
        }

        public bool HoldsFor(Session seen)
        {
            switch (field)
            {
                case "user": return IsLike(seen.User) || IsLike(seen.Domain.Length == 0 ? seen.User : seen.Domain + "\\" + seen.User);
                case "client": return IsLike(seen.Client);
                case "address": return IsLike(seen.Address);
                case "station": return IsLike(seen.Station);
                case "state": return values.Contains(seen.State.ToString(CultureInfo.InvariantCulture));
                case "idle": return seen.Idle >= 0 && Compares(seen.Idle);
                default: return seen.Logon > 0 && (op == "in" ? IsOneOfThem(seen.Logon) : Compares(seen.Logon));
            }
        }

        bool IsOneOfThem(long seen) { return values.Exists(delegate(string value) { return Request.Number(value) == seen; }); }

        bool Compares(long seen)
        {
            return op == "gt" ? seen > number : op == "ge" ? seen >= number : op == "lt" ? seen < number : seen <= number;
        }

        bool IsLike(string text)
        {
            List<int> letters = Letters(text);
            return values.Exists(delegate(string pattern) { return IsLike(Letters(pattern), letters); });
        }

        // * stands for any run, ? for one letter; after a dead end the last * takes one letter more.
        static bool IsLike(List<int> pattern, List<int> text)
        {
            int at = 0, position = 0, star = -1, taken = 0;
            while (position < text.Count)
            {
                if (at < pattern.Count && pattern[at] == '*') { star = at++; taken = position; }
                else if (at < pattern.Count && (pattern[at] == '?' || pattern[at] == text[position])) { at++; position++; }
                else if (star >= 0) { at = star + 1; position = ++taken; }
                else return false;
            }
            while (at < pattern.Count && pattern[at] == '*') at++;
            return at == pattern.Count;
        }

        // Whole letters, not halves of them, in upper case.
        static List<int> Letters(string text)
        {
            List<int> letters = new List<int>();
            for (int i = 0; i < text.Length; i++)
            {
                if (i + 1 < text.Length && Char.IsSurrogatePair(text, i)) letters.Add(Char.ConvertToUtf32(text, i++));
                else letters.Add(Char.ToUpperInvariant(text[i]));
            }
            return letters;
        }
    }
}
