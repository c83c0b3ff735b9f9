namespace LogoffBot
{
    using System.Globalization;

    // Standard input as PowerShell read it. A part that was lost, repeated, added or changed on the way shows here.
    static class Input
    {
        const int InvalidData = 13;
        const uint Modulus = 65521;

        // The tally: the number of all other lines, and their Adler-32 (RFC 1950), each line ended by LF.
        public static void CheckWhole(string whole, string tally)
        {
            string own = "$tally = '" + tally + "'";
            bool isSkipped = false;
            long count = 0;
            uint low = 1, high = 0;
            foreach (string line in (whole ?? "").Split('\n'))
            {
                string text = line.TrimEnd('\r');
                if (text == own && !isSkipped) { isSkipped = true; continue; }
                count++;
                foreach (char c in text + "\n")
                {
                    low = (low + c) % Modulus;
                    high = (high + low) % Modulus;
                }
            }
            string found = string.Format(CultureInfo.InvariantCulture, "{0} {1}", count, (long)high * 65536 + low);
            if (found != tally) throw new CallFailed("input", InvalidData, "read " + found + ", sent " + tally);
        }
    }
}
