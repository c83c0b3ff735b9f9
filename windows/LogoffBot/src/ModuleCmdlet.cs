namespace LogoffBot
{
    using System;
    using System.Globalization;
    using System.Management.Automation;

    // What all cmdlets share: the machine, and how a failure is told. An error's identifier is the same in every language of Windows:
    // where it failed, and the Win32 code.
    public abstract class ModuleCmdlet : PSCmdlet
    {
        protected ModuleCmdlet() { ComputerName = "localhost"; }

        [Parameter]
        [Alias("CN", "IPAddress")]
        [ThisMachine]
        public string ComputerName { get; set; }

        // Nothing of PowerShell is called in there: what PowerShell throws to end a pipeline is no failure of the host.
        internal T Ask<T>(Func<T> call)
        {
            try
            {
                Wts.CheckLayout();
                return call();
            }
            catch (CallFailed failed)
            {
                ThrowTerminatingError(Failure(failed, failed.Where, failed.Code, Sentence(failed)));
                throw;
            }
            catch (Exception other)
            {
                Exception inner = other.GetBaseException();
                ThrowTerminatingError(Failure(inner, inner.GetType().Name, 0, ""));
                throw;
            }
        }

        // The exception says what the host said. The sentence is for a person at a prompt, where there is one.
        internal static ErrorRecord Failure(Exception exception, string where, int code, string sentence)
        {
            string id = where + ":" + code.ToString(CultureInfo.InvariantCulture);
            ErrorRecord record = new ErrorRecord(exception, id, CategoryOf(where, code), null);
            if (sentence.Length > 0) record.ErrorDetails = new ErrorDetails(sentence);
            return record;
        }

        static ErrorCategory CategoryOf(string where, int code)
        {
            if (code == 5) return ErrorCategory.PermissionDenied;
            if (where == "request") return ErrorCategory.InvalidArgument;
            if (where == "machine" || where == "changed" || where == "absent") return ErrorCategory.ObjectNotFound;
            if (where == "waiting") return ErrorCategory.OperationTimeout;
            return ErrorCategory.InvalidOperation;
        }

        static string Sentence(CallFailed failed)
        {
            string said = Plain(failed.Message);
            if (failed.Where == "machine")
                return "This is " + said + ", another machine than the one the session was shown on. Nothing was touched. Run Get-TSSession here.";
            if (failed.Where == "request") return "The request was not understood: " + said + ". Nothing was touched. See Get-Help.";
            string code = failed.Code.ToString(CultureInfo.InvariantCulture);
            string right = failed.Code == 5 ? " The account needs the rights of an administrator, or those on RDP-Tcp." : "";
            return failed.Where + " failed with the code " + code + ": " + said + "." + right;
        }

        // A text from outside as a prompt may show it: letters alone, nothing that moves a cursor.
        internal static string Plain(string text)
        {
            char[] letters = text.ToCharArray();
            for (int i = 0; i < letters.Length; i++)
                if (Char.IsControl(letters[i])) letters[i] = '?';
            return new string(letters);
        }
    }
}
