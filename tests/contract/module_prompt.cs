// A prompt of the tests: runs one text after the other, in a runspace of the language asked for, and answers what PowerShell asks.
// Requests and replies are lines of JSON on two pipes: standard input belongs to the engine's own host.
using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.IO;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;
using System.Security;
using System.Text.Json;
using System.Threading;

public sealed class Asked
{
    public string script { get; set; }
    public string mode { get; set; }
    public string answers { get; set; }
    public string stop_when { get; set; }
    public string session_file { get; set; }
    public bool is_member { get; set; }
    public Dictionary<string, JsonElement> parameters { get; set; }
}

public static class Prompt
{
    static readonly Dictionary<string, Runspace> Runspaces = new Dictionary<string, Runspace>();
    static readonly People Host = new People();

    public static void Serve(string requests, string replies)
    {
        using (StreamReader from = new StreamReader(requests))
        using (StreamWriter to = new StreamWriter(replies))
        {
            for (string line; (line = from.ReadLine()) != null; to.Flush())
            {
                Dictionary<string, object> reply;
                try { reply = Run(JsonSerializer.Deserialize<Asked>(line)); }
                catch (Exception broken) { reply = new Dictionary<string, object> { { "broken", broken.ToString() } }; }
                to.WriteLine(JsonSerializer.Serialize(reply));
            }
        }
    }

    static Runspace Open(Asked asked)
    {
        string key = asked.mode + asked.session_file + asked.is_member;
        Runspace found;
        if (Runspaces.TryGetValue(key, out found)) return found;
        InitialSessionState state;
        if (asked.session_file != null)
            state = InitialSessionState.CreateFromSessionConfigurationFile(asked.session_file, role => asked.is_member, false);
        else
        {
            state = InitialSessionState.CreateDefault2();
            state.LanguageMode = (PSLanguageMode)Enum.Parse(typeof(PSLanguageMode), asked.mode);
            state.ImportPSModule(new[] { "LogoffBot" });
        }
        Runspace runspace = RunspaceFactory.CreateRunspace(Host, state);
        runspace.Open();
        return Runspaces[key] = runspace;
    }

    static Dictionary<string, object> Run(Asked asked)
    {
        Host.Begin(asked.answers);
        using (PowerShell shell = PowerShell.Create())
        {
            shell.Runspace = Open(asked);
            if (asked.parameters == null) shell.AddScript(asked.script);
            else shell.AddCommand(asked.script);
            foreach (KeyValuePair<string, JsonElement> each in asked.parameters ?? new Dictionary<string, JsonElement>())
                shell.AddParameter(each.Key, Value(each.Value));
            PSDataCollection<PSObject> output = new PSDataCollection<PSObject>();
            string failed = null;
            PSDataCollection<PSObject> nothing = new PSDataCollection<PSObject>();
            nothing.Complete();
            IAsyncResult running = shell.BeginInvoke(nothing, output);
            if (asked.stop_when != null) StopWhen(asked.stop_when, shell);
            try { shell.EndInvoke(running); }
            catch (RuntimeException wrong) { failed = wrong.ErrorRecord.FullyQualifiedErrorId + "\n" + wrong.ErrorRecord; }
            Dictionary<string, object> reply = new Dictionary<string, object>();
            reply["failed"] = failed;
            reply["state"] = shell.InvocationStateInfo.State.ToString();
            reply["host"] = Host.Said();
            reply["output"] = Each(output, Shown);
            reply["errors"] = Each(shell.Streams.Error, error => error.FullyQualifiedErrorId + "\n" + error);
            reply["verbose"] = Each(shell.Streams.Verbose, record => record.Message);
            return reply;
        }
    }

    static object Value(JsonElement said)
    {
        if (said.ValueKind == JsonValueKind.Number) return said.GetInt64();
        if (said.ValueKind == JsonValueKind.String) return said.GetString();
        return said.ValueKind == JsonValueKind.Object ? (object)Bag(said) : said.ValueKind == JsonValueKind.True;
    }

    // As an object arrives that somebody sent: its values, under the name of its type.
    static PSObject Bag(JsonElement said)
    {
        PSObject bag = new PSObject();
        foreach (JsonProperty each in said.EnumerateObject())
        {
            if (each.Name == "type") bag.TypeNames.Insert(0, each.Value.GetString());
            else bag.Properties.Add(new PSNoteProperty(each.Name, Value(each.Value)));
        }
        return bag;
    }

    // As Ctrl+C does, once this file is there and has something in it.
    static void StopWhen(string path, PowerShell shell)
    {
        while (!File.Exists(path) || new FileInfo(path).Length == 0) Thread.Sleep(20);
        shell.Stop();
    }

    static List<object> Each<T>(IEnumerable<T> found, Func<T, object> shown)
    {
        List<object> all = new List<object>();
        foreach (T one in found) all.Add(shown(one));
        return all;
    }

    static object Shown(PSObject one)
    {
        if (!one.TypeNames[0].StartsWith("LogoffBot.", StringComparison.Ordinal)) return one.ToString();
        Dictionary<string, object> values = new Dictionary<string, object>();
        foreach (PSPropertyInfo each in one.Properties) values[each.Name] = each.Value;
        values["type"] = one.TypeNames[0];
        return values;
    }
}

public sealed class People : PSHost
{
    readonly Guid id = Guid.NewGuid();
    readonly Words words = new Words();

    public void Begin(string answers) { words.Answers = new Queue<char>(answers ?? ""); words.All.Clear(); }
    public List<string> Said() { return new List<string>(words.All); }
    public override CultureInfo CurrentCulture { get { return CultureInfo.InvariantCulture; } }
    public override CultureInfo CurrentUICulture { get { return CultureInfo.GetCultureInfo("en-US"); } }
    public override Guid InstanceId { get { return id; } }
    public override string Name { get { return "prompt"; } }
    public override Version Version { get { return new Version(5, 1); } }
    public override PSHostUserInterface UI { get { return words; } }
    public override void EnterNestedPrompt() { throw new NotSupportedException(); }
    public override void ExitNestedPrompt() { throw new NotSupportedException(); }
    public override void NotifyBeginApplication() { }
    public override void NotifyEndApplication() { }
    public override void SetShouldExit(int exitCode) { }
}

public sealed class Words : PSHostUserInterface
{
    public Queue<char> Answers = new Queue<char>();
    public readonly List<string> All = new List<string>();

    // Y, A, N or L, one letter a question.
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        All.Add(caption + "\n" + message);
        if (Answers.Count == 0) throw new PSInvalidOperationException("nobody answers");
        char answer = Answers.Dequeue();
        for (int i = 0; i < choices.Count; i++)
            if (choices[i].Label.Contains("&" + answer)) return i;
        throw new PSInvalidOperationException("no such choice: " + answer);
    }

    public override PSHostRawUserInterface RawUI { get { return null; } }
    public override string ReadLine() { throw new NotSupportedException(); }
    public override SecureString ReadLineAsSecureString() { throw new NotSupportedException(); }
    public override void Write(string value) { All.Add(value); }
    public override void Write(ConsoleColor foreground, ConsoleColor background, string value) { All.Add(value); }
    public override void WriteLine(string value) { All.Add(value); }
    public override void WriteErrorLine(string value) { All.Add(value); }
    public override void WriteDebugLine(string message) { All.Add(message); }
    public override void WriteVerboseLine(string message) { All.Add(message); }
    public override void WriteWarningLine(string message) { All.Add(message); }
    public override void WriteProgress(long sourceId, ProgressRecord record) { }
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) { throw new PSInvalidOperationException("nobody answers"); }
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) { throw new NotSupportedException(); }
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes types, PSCredentialUIOptions options) { throw new NotSupportedException(); }
}
