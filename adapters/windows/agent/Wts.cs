#pragma warning disable 169, 649 // Windows fills the fields of the structs.

namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.ComponentModel;
    using System.Runtime.InteropServices;

    // wtsapi32.dll. Reference: learn.microsoft.com/windows/win32/api/wtsapi32
    static class Wts
    {
        public const int ClosePending = 7007;
        const int UserName = 5, DomainName = 7, ClientBuild = 9, ClientName = 10, ClientAddress = 14, ClientDisplay = 15;
        const int ClientProtocol = 16, SessionInfo = 24, InformationBox = 0x40;
        const int SessionInfoLevel1 = 2, AccessDenied = 5, InvalidData = 13, LastState = 9, MostBytes = 1 << 20, MostLetters = 1024;

        // FILETIME ticks of 2000-01-01 and 2200-01-01. A time outside is no time of a session.
        const long Earliest = 125911584000000000, Latest = 189025920000000000;

        [StructLayout(LayoutKind.Sequential)]
        struct WTS_SESSION_INFO_1W
        {
            public uint ExecEnvId;
            public int State;
            public uint SessionId;
            [MarshalAs(UnmanagedType.LPWStr)] public string SessionName;
            [MarshalAs(UnmanagedType.LPWStr)] public string HostName;
            [MarshalAs(UnmanagedType.LPWStr)] public string UserName;
            [MarshalAs(UnmanagedType.LPWStr)] public string DomainName;
            [MarshalAs(UnmanagedType.LPWStr)] public string FarmName;
        }

        // Its names are cut to 20 and 16 letters: only its state and its times are used.
        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        struct WTSINFOW
        {
            public int State;
            public uint SessionId, IncomingBytes, OutgoingBytes, IncomingFrames, OutgoingFrames, IncomingCompressed, OutgoingCompressed;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 32)] public string WinStationName;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 17)] public string Domain;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 21)] public string UserName;
            public long ConnectTime, DisconnectTime, LastInputTime, LogonTime, CurrentTime;
        }

        [DllImport("wtsapi32.dll", ExactSpelling = true, SetLastError = true)]
        static extern bool WTSEnumerateSessionsExW(IntPtr server, ref uint level, uint filter, out IntPtr sessions, out uint count);

        [DllImport("wtsapi32.dll", ExactSpelling = true, SetLastError = true)]
        static extern bool WTSFreeMemoryExW(int typeClass, IntPtr memory, uint count);

        [DllImport("wtsapi32.dll", ExactSpelling = true, SetLastError = true)]
        static extern bool WTSQuerySessionInformationW(IntPtr server, uint id, int infoClass, out IntPtr buffer, out uint bytes);

        [DllImport("wtsapi32.dll", ExactSpelling = true)]
        static extern void WTSFreeMemory(IntPtr memory);

        [DllImport("wtsapi32.dll", ExactSpelling = true, SetLastError = true)]
        static extern bool WTSLogoffSession(IntPtr server, uint id, bool wait);

        [DllImport("wtsapi32.dll", ExactSpelling = true, SetLastError = true)]
        static extern bool WTSDisconnectSession(IntPtr server, uint id, bool wait);

        [DllImport("wtsapi32.dll", ExactSpelling = true, SetLastError = true, CharSet = CharSet.Unicode)]
        static extern bool WTSSendMessageW(IntPtr server, uint id, string title, int titleBytes, string text, int textBytes,
            uint style, uint timeout, out uint response, bool wait);

        delegate void Reader(IntPtr buffer, int bytes);

        public static bool MeansAbsent(int code) { return code == 2 || code == 7022; }

        public static void CheckLayout()
        {
            int info = Marshal.SizeOf(typeof(WTSINFOW)), entry = Marshal.SizeOf(typeof(WTS_SESSION_INFO_1W));
            if (info != 216 || entry != (IntPtr.Size == 8 ? 56 : 32)) throw new CallFailed("layout", 87, "sizes " + entry + ", " + info);
        }

        // Id, state and station of all sessions.
        public static List<Session> Sessions()
        {
            IntPtr entries;
            uint level = 1, count;
            if (!WTSEnumerateSessionsExW(IntPtr.Zero, ref level, 0, out entries, out count)) throw Failed("WTSEnumerateSessionsExW");
            // No Windows that answers has no session: the account may not see them.
            List<Session> sessions = new List<Session>();
            try
            {
                if (count == 0 || entries == IntPtr.Zero) throw new CallFailed("WTSEnumerateSessionsExW", AccessDenied, "no session at all");
                int size = Marshal.SizeOf(typeof(WTS_SESSION_INFO_1W));
                for (int i = 0; i < count; i++)
                {
                    IntPtr at = new IntPtr(entries.ToInt64() + (long)i * size);
                    WTS_SESSION_INFO_1W entry = (WTS_SESSION_INFO_1W)Marshal.PtrToStructure(at, typeof(WTS_SESSION_INFO_1W));
                    Session session = new Session();
                    session.Id = entry.SessionId;
                    session.State = entry.State;
                    session.Station = Cut(session, entry.SessionName ?? "");
                    sessions.Add(session);
                }
            }
            finally { if (entries != IntPtr.Zero) WTSFreeMemoryExW(SessionInfoLevel1, entries, count); }
            return sessions;
        }

        // The session with this id as it is now, null when there is none.
        public static Session Find(uint id)
        {
            Session found = Listed(id);
            return found != null && IsThere(found) ? found : null;
        }

        // Reads the details. False when the session vanished meanwhile: Windows says so and lists it no more.
        public static bool IsThere(Session session)
        {
            if (!MeansAbsent(Describe(session))) return true;
            session.Error = InvalidData;
            return Listed(session.Id) != null;
        }

        static Session Listed(uint id) { return Sessions().Find(delegate(Session session) { return session.Id == id; }); }

        // Gives the session's error. The logon time comes last: who held the id before it shows by it.
        static int Describe(Session session)
        {
            Query(session, "client", ClientName, 2, delegate(IntPtr buffer, int bytes) { session.Client = Cut(session, Chars(buffer, bytes)); });
            Query(session, "address", ClientAddress, 10, delegate(IntPtr buffer, int bytes) { session.Address = Address(buffer, bytes); });
            Query(session, "protocol", ClientProtocol, 2, delegate(IntPtr buffer, int bytes) { session.Protocol = (ushort)Marshal.ReadInt16(buffer); });
            Query(session, "build", ClientBuild, 4, delegate(IntPtr buffer, int bytes) { session.Build = (uint)Marshal.ReadInt32(buffer); });
            Query(session, "display", ClientDisplay, 12, delegate(IntPtr buffer, int bytes) { session.Display = Display(buffer); });
            int user = Query(session, "user", UserName, 2, delegate(IntPtr buffer, int bytes) { session.User = Cut(session, Chars(buffer, bytes)); });
            int domain = Query(session, "domain", DomainName, 2, delegate(IntPtr buffer, int bytes) { session.Domain = Cut(session, Chars(buffer, bytes)); });
            int times = Query(session, "times", SessionInfo, Marshal.SizeOf(typeof(WTSINFOW)), delegate(IntPtr buffer, int bytes) { Times(session, buffer); });
            int state = session.State < 0 || session.State > LastState ? InvalidData : 0;
            return session.Error = times != 0 ? times : user != 0 ? user : domain != 0 ? domain : state;
        }

        // Asks and does not wait: a call that waits has been seen never to return. Gives the Win32 code, 0 for success.
        public static int LogOff(uint id) { return WTSLogoffSession(IntPtr.Zero, id, false) ? 0 : Marshal.GetLastWin32Error(); }

        public static int Disconnect(uint id) { return WTSDisconnectSession(IntPtr.Zero, id, false) ? 0 : Marshal.GetLastWin32Error(); }

        // A box without a time limit that nobody waits for. Lengths are bytes, not letters.
        public static int Show(uint id, string title, string text)
        {
            uint response;
            bool isTaken = WTSSendMessageW(IntPtr.Zero, id, title, title.Length * 2, text, text.Length * 2, InformationBox, 0, out response, false);
            return isTaken ? 0 : Marshal.GetLastWin32Error();
        }

        static int Query(Session session, string what, int infoClass, int least, Reader read)
        {
            int code = Query(session.Id, infoClass, least, read);
            if (code != 0) session.Unread.Add(new KeyValuePair<string, int>(what, code));
            return code;
        }

        // No name of Windows has so many letters. What is left out is counted, and one odd name makes no reply too long.
        static string Cut(Session session, string text)
        {
            if (text.Length <= MostLetters) return text;
            session.Cut += text.Length - MostLetters;
            return text.Substring(0, MostLetters);
        }

        // The Win32 code, 0 for success. An answer that is missing or too short is one session's fault, not the host's.
        static int Query(uint id, int infoClass, int least, Reader read)
        {
            IntPtr buffer;
            uint bytes;
            if (!WTSQuerySessionInformationW(IntPtr.Zero, id, infoClass, out buffer, out bytes))
            {
                int code = Marshal.GetLastWin32Error();
                return code == 0 ? InvalidData : code;
            }
            if (buffer == IntPtr.Zero) return InvalidData;
            try
            {
                if (bytes < least || bytes > MostBytes) return InvalidData;
                read(buffer, (int)bytes);
                return 0;
            }
            catch (Exception) { return InvalidData; }
            finally { WTSFreeMemory(buffer); }
        }

        static string Chars(IntPtr buffer, int bytes)
        {
            char[] letters = new char[bytes / 2];
            Marshal.Copy(buffer, letters, 0, letters.Length);
            int end = Array.IndexOf(letters, '\0');
            return new string(letters, 0, end < 0 ? letters.Length : end);
        }

        // WTS_CLIENT_ADDRESS: a DWORD for the family, then 20 bytes. The address begins at the third of them.
        static string Address(IntPtr buffer, int bytes)
        {
            int family = Marshal.ReadInt32(buffer), size = family == 2 ? 4 : family == 23 ? 16 : 0;
            if (size == 0 || bytes < 6 + size) return "";
            byte[] address = new byte[size];
            Marshal.Copy(new IntPtr(buffer.ToInt64() + 6), address, 0, size);
            return size == 4 ? Dotted(address, 0) : Grouped(address);
        }

        static string Dotted(byte[] address, int first)
        {
            return address[first] + "." + address[first + 1] + "." + address[first + 2] + "." + address[first + 3];
        }

        // RFC 5952, the same in every release of .NET: the first of the longest runs of zeros is left out, and only an
        // address of IPv4 in IPv6 (::ffff:10.0.4.17) has dots.
        static string Grouped(byte[] address)
        {
            int[] groups = new int[8];
            for (int i = 0; i < 8; i++) groups[i] = address[2 * i] << 8 | address[2 * i + 1];
            int start = 0, length = 0;
            for (int i = 0, run = 0; i < 8; i++)
            {
                run = groups[i] == 0 ? run + 1 : 0;
                if (run > length) { length = run; start = i - run + 1; }
            }
            if (start == 0 && length == 5 && groups[5] == 0xFFFF) return "::ffff:" + Dotted(address, 12);
            return length < 2 ? Hex(groups, 0, 8) : Hex(groups, 0, start) + "::" + Hex(groups, start + length, 8);
        }

        static string Hex(int[] groups, int from, int to)
        {
            string text = "";
            for (int i = from; i < to; i++) text += (i > from ? ":" : "") + groups[i].ToString("x", System.Globalization.CultureInfo.InvariantCulture);
            return text;
        }

        // WTS_CLIENT_DISPLAY: three DWORDs. The third is a number for the depth of the colours, not always their bits.
        static string Display(IntPtr buffer)
        {
            uint width = (uint)Marshal.ReadInt32(buffer), height = (uint)Marshal.ReadInt32(buffer, 4), depth = (uint)Marshal.ReadInt32(buffer, 8);
            uint bits = depth == 1 ? 4 : depth == 2 ? 8 : depth == 4 ? 16 : depth == 8 ? 24 : depth == 16 ? 15 : depth;
            return width == 0 ? "" : width + "x" + height + "x" + bits;
        }

        static void Times(Session session, IntPtr buffer)
        {
            WTSINFOW info = (WTSINFOW)Marshal.PtrToStructure(buffer, typeof(WTSINFOW));
            session.State = info.State;
            session.Logon = Known(info.LogonTime);
            session.Connect = Known(info.ConnectTime);
            session.Disconnect = Known(info.DisconnectTime);
            session.Input = Known(info.LastInputTime);
            session.Now = Known(info.CurrentTime);
        }

        public static long Known(long ticks) { return ticks >= Earliest && ticks < Latest ? ticks : 0; }

        static CallFailed Failed(string where)
        {
            int code = Marshal.GetLastWin32Error();
            return new CallFailed(where, code, new Win32Exception(code).Message);
        }
    }
}
