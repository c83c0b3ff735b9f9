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
        const int SessionInfoLevel1 = 2;

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
            List<Session> sessions = new List<Session>();
            try
            {
                int size = Marshal.SizeOf(typeof(WTS_SESSION_INFO_1W));
                for (int i = 0; i < count; i++)
                {
                    IntPtr at = new IntPtr(entries.ToInt64() + (long)i * size);
                    WTS_SESSION_INFO_1W entry = (WTS_SESSION_INFO_1W)Marshal.PtrToStructure(at, typeof(WTS_SESSION_INFO_1W));
                    Session session = new Session();
                    session.Id = entry.SessionId;
                    session.State = entry.State;
                    session.Station = entry.SessionName ?? "";
                    sessions.Add(session);
                }
            }
            finally { WTSFreeMemoryExW(SessionInfoLevel1, entries, count); }
            return sessions;
        }

        // The session with this id as it is now, null when there is none.
        public static Session Find(uint id)
        {
            Session found = Sessions().Find(delegate(Session session) { return session.Id == id; });
            return found != null && Describe(found) ? found : null;
        }

        // Reads the details; false when the session vanished. The logon time comes last: who held the id before it shows by it.
        public static bool Describe(Session session)
        {
            Query(session.Id, ClientName, delegate(IntPtr buffer, int bytes) { session.Client = Chars(buffer, bytes); });
            Query(session.Id, ClientAddress, delegate(IntPtr buffer, int bytes) { session.Address = Address(buffer, bytes); });
            Query(session.Id, ClientProtocol, delegate(IntPtr buffer, int bytes) { session.Protocol = Marshal.ReadInt16(buffer); });
            Query(session.Id, ClientBuild, delegate(IntPtr buffer, int bytes) { if (bytes >= 4) session.Build = Marshal.ReadInt32(buffer); });
            Query(session.Id, ClientDisplay, delegate(IntPtr buffer, int bytes) { session.Display = Display(buffer, bytes); });
            int user = Query(session.Id, UserName, delegate(IntPtr buffer, int bytes) { session.User = Chars(buffer, bytes); });
            int domain = Query(session.Id, DomainName, delegate(IntPtr buffer, int bytes) { session.Domain = Chars(buffer, bytes); });
            int times = Query(session.Id, SessionInfo, delegate(IntPtr buffer, int bytes) { Times(session, buffer, bytes); });
            session.Error = times != 0 ? times : user != 0 ? user : domain;
            return !MeansAbsent(session.Error);
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

        static int Query(uint id, int infoClass, Reader read)
        {
            IntPtr buffer;
            uint bytes;
            if (!WTSQuerySessionInformationW(IntPtr.Zero, id, infoClass, out buffer, out bytes)) return Marshal.GetLastWin32Error();
            try { read(buffer, (int)bytes); }
            finally { WTSFreeMemory(buffer); }
            return 0;
        }

        static string Chars(IntPtr buffer, int bytes)
        {
            char[] letters = new char[bytes / 2];
            Marshal.Copy(buffer, letters, 0, letters.Length);
            int end = Array.IndexOf(letters, '\0');
            return new string(letters, 0, end < 0 ? letters.Length : end);
        }

        // WTS_CLIENT_ADDRESS: a DWORD for the family, then 20 bytes, of which an IPv4 address takes those from 2 to 5.
        static string Address(IntPtr buffer, int bytes)
        {
            if (bytes < 10 || Marshal.ReadInt32(buffer) != 2) return "";
            byte[] raw = new byte[10];
            Marshal.Copy(buffer, raw, 0, raw.Length);
            return raw[6] + "." + raw[7] + "." + raw[8] + "." + raw[9];
        }

        // WTS_CLIENT_DISPLAY: three DWORDs. The third is a number for the depth of the colours, not always their bits.
        static string Display(IntPtr buffer, int bytes)
        {
            if (bytes < 12) return "";
            int width = Marshal.ReadInt32(buffer), height = Marshal.ReadInt32(buffer, 4), depth = Marshal.ReadInt32(buffer, 8);
            int bits = depth == 1 ? 4 : depth == 2 ? 8 : depth == 4 ? 16 : depth == 8 ? 24 : depth == 16 ? 15 : depth;
            return width == 0 ? "" : width + "x" + height + "x" + bits;
        }

        static void Times(Session session, IntPtr buffer, int bytes)
        {
            if (bytes < Marshal.SizeOf(typeof(WTSINFOW))) throw new CallFailed("WTSINFOW", 87, bytes + " bytes");
            WTSINFOW info = (WTSINFOW)Marshal.PtrToStructure(buffer, typeof(WTSINFOW));
            session.State = info.State;
            session.Logon = info.LogonTime;
            session.Connect = info.ConnectTime;
            session.Disconnect = info.DisconnectTime;
            session.Input = info.LastInputTime;
            session.Now = info.CurrentTime;
        }

        static CallFailed Failed(string where)
        {
            int code = Marshal.GetLastWin32Error();
            return new CallFailed(where, code, new Win32Exception(code).Message);
        }
    }
}
