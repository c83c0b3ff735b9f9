namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.Globalization;
    using System.Text;

    // Replies: one ASCII line each between two nonces, flushed at once; the last one counts them.
    sealed class Lines
    {
        readonly string nonce;
        int count;
        bool hasBegun, isOpen;

        public Lines(string nonce) { this.nonce = nonce; }

        // The first nonce of the first reply, written before the first act: without it there was none.
        public void Begin()
        {
            Console.Out.Write(nonce);
            Console.Out.Flush();
            hasBegun = isOpen = true;
        }

        public void Host(string name, string dns, int pointer, long now)
        {
            Write("{\"host\": {\"name\": " + Quoted(name) + ", \"dns\": " + Quoted(dns) + ", \"pointer\": " + Text(pointer) + ", \"now\": " + Ticks(now) + "}}");
            count++;
        }

        public void Session(Session session) { Write("{\"session\": " + Json(session) + "}"); count++; }

        public void Programs(bool isThere, List<Holder> found)
        {
            foreach (Holder one in found)
            {
                Write("{\"program\": {\"name\": " + Quoted(one.Name) + ", \"cpu\": " + Ticks(one.Cpu) + ", \"memory\": " + Ticks(one.Memory) + "}}");
                count++;
            }
            Write("{\"programs\": " + Text(found.Count) + ", \"there\": " + (isThere ? "true" : "false") + "}");
            count++;
        }

        public void Target(int index, Outcome outcome, long waitedMs)
        {
            Write("{\"target\": " + Text(index) + ", \"verdict\": " + Quoted(outcome.Verdict) + ", \"code\": " + Text(outcome.Code)
                + ", \"why\": " + Quoted(outcome.Why) + ", \"waited_ms\": " + Text(waitedMs)
                + ", \"seen\": " + (outcome.Seen == null ? "null" : Json(outcome.Seen)) + "}");
            count++;
        }

        public void Error(string where, int code, string message)
        {
            string base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(message ?? ""));
            Write("{\"error\": {\"where\": " + Quoted(where) + ", \"code\": " + Text(code) + ", \"begun\": " + (hasBegun ? "true" : "false")
                + ", \"message64\": " + Quoted(base64) + "}}");
            count++;
        }

        public void End() { Write("{\"end\": " + Text(count) + "}"); }

        void Write(string json)
        {
            Console.Out.Write((isOpen ? "" : nonce) + json + nonce + "\n");
            Console.Out.Flush();
            isOpen = false;
        }

        static string Json(Session s)
        {
            return "{\"id\": " + Text(s.Id) + ", \"state\": " + Text(s.State) + ", \"station\": " + Quoted(s.Station)
                + ", \"domain\": " + Quoted(s.Domain) + ", \"user\": " + Quoted(s.User) + ", \"client\": " + Quoted(s.Client)
                + ", \"address\": " + Quoted(s.Address) + ", \"protocol\": " + Text(s.Protocol) + ", \"build\": " + Text(s.Build)
                + ", \"display\": " + Quoted(s.Display) + ", \"logon\": " + Ticks(s.Logon)
                + ", \"connect\": " + Ticks(s.Connect) + ", \"disconnect\": " + Ticks(s.Disconnect) + ", \"input\": " + Ticks(s.Input)
                + ", \"now\": " + Ticks(s.Now) + ", \"error\": " + Text(s.Error)
                + ", \"unread\": {" + Codes(s.Unread) + "}, \"cut\": " + Text(s.Cut) + "}";
        }

        static string Codes(List<KeyValuePair<string, int>> codes)
        {
            return String.Join(", ", codes.ConvertAll(delegate(KeyValuePair<string, int> each) { return Quoted(each.Key) + ": " + Text(each.Value); }).ToArray());
        }

        static string Text(long number) { return number.ToString(CultureInfo.InvariantCulture); }

        static string Ticks(long ticks) { return "\"" + Text(ticks) + "\""; }

        static string Quoted(string text)
        {
            StringBuilder json = new StringBuilder("\"");
            foreach (char c in text)
            {
                if (c < 32 || c > 126 || c == '"' || c == '\\') json.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                else json.Append(c);
            }
            return json.Append('"').ToString();
        }
    }
}
