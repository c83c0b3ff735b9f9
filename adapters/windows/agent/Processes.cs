#pragma warning disable 169, 649 // Windows fills the fields of the structs.

namespace LogoffBot
{
    using System;
    using System.Collections.Generic;
    using System.ComponentModel;
    using System.Runtime.InteropServices;

    // One program that runs in a session. Cpu: user and kernel time, in ticks of 100 ns. Memory: its working set, in bytes.
    sealed class Holder
    {
        public string Name = "";
        public long Cpu, Memory;
    }

    // The programs of one session. Reference: learn.microsoft.com/windows/win32/api/wtsapi32
    static class Processes
    {
        const int ProcessInfoLevel1 = 1, MostLetters = 1024;
        const string Function = "WTSEnumerateProcessesExW";

        // It has no start time and no command line.
        [StructLayout(LayoutKind.Sequential)]
        struct WTS_PROCESS_INFO_EXW
        {
            public uint SessionId, ProcessId;
            [MarshalAs(UnmanagedType.LPWStr)] public string ProcessName;
            public IntPtr UserSid;
            public uint Threads, Handles, PagefileUsage, PeakPagefileUsage, WorkingSetSize, PeakWorkingSetSize;
            public long UserTime, KernelTime;
        }

        [DllImport("wtsapi32.dll", ExactSpelling = true, SetLastError = true)]
        static extern bool WTSEnumerateProcessesExW(IntPtr server, ref uint level, uint id, out IntPtr processes, out uint count);

        [DllImport("wtsapi32.dll", ExactSpelling = true, SetLastError = true)]
        static extern bool WTSFreeMemoryExW(int typeClass, IntPtr memory, uint count);

        // Null when the session is not the one that is meant. It is compared after the reading: the programs of whoever took the
        // id meanwhile are told to nobody.
        public static List<Holder> Of(long id, Predicate<Session> isMeant)
        {
            if (id <= 0 || id > int.MaxValue) throw new CallFailed("request", 87, "no id of a person's session");
            List<Holder> found = Of((uint)id);
            Session seen = Wts.Find((uint)id);
            if (seen != null && seen.Error != 0) throw new CallFailed("WTSQuerySessionInformationW", seen.Error, "");
            return seen != null && isMeant(seen) ? found : null;
        }

        static List<Holder> Of(uint id)
        {
            int size = Marshal.SizeOf(typeof(WTS_PROCESS_INFO_EXW));
            if (size != (IntPtr.Size == 8 ? 64 : 56)) throw new CallFailed("layout", 87, "size " + size);
            IntPtr entries;
            uint level = 1, count;
            if (!WTSEnumerateProcessesExW(IntPtr.Zero, ref level, id, out entries, out count))
            {
                int code = Marshal.GetLastWin32Error();
                throw new CallFailed(Function, code, new Win32Exception(code).Message);
            }
            List<Holder> found = new List<Holder>();
            try
            {
                for (int i = 0; entries != IntPtr.Zero && i < count; i++)
                {
                    IntPtr at = new IntPtr(entries.ToInt64() + (long)i * size);
                    WTS_PROCESS_INFO_EXW entry = (WTS_PROCESS_INFO_EXW)Marshal.PtrToStructure(at, typeof(WTS_PROCESS_INFO_EXW));
                    if (entry.SessionId == id) found.Add(NewHolder(entry));
                }
            }
            finally { if (entries != IntPtr.Zero) WTSFreeMemoryExW(ProcessInfoLevel1, entries, count); }
            return found;
        }

        static Holder NewHolder(WTS_PROCESS_INFO_EXW entry)
        {
            Holder holder = new Holder();
            string name = entry.ProcessName ?? "";
            holder.Name = name.Length > MostLetters ? name.Substring(0, MostLetters) : name;
            holder.Cpu = entry.UserTime + entry.KernelTime;
            holder.Memory = entry.WorkingSetSize;
            return holder;
        }
    }
}
