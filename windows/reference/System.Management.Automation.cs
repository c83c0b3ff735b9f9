// What the cmdlets use of System.Management.Automation, for a compiler on a machine without Windows: names and forms alone, by its
// documentation. Identity and public key are those of Windows PowerShell 5.1. It is never installed; on Windows the real one is used.
[assembly: System.Reflection.AssemblyVersion("3.0.0.0")]

namespace System.Management.Automation
{
    using System.Collections.Generic;

    public enum ConfirmImpact { None, Low, Medium, High }

    public enum ErrorCategory
    {
        NotSpecified = 0, InvalidArgument = 5, InvalidOperation = 7, ObjectNotFound = 13, OperationTimeout = 15, PermissionDenied = 18
    }

    [Flags]
    public enum WildcardOptions { None = 0, Compiled = 1, IgnoreCase = 2, CultureInvariant = 4 }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CmdletAttribute : Attribute
    {
        public CmdletAttribute(string verbName, string nounName) { }
        public string DefaultParameterSetName { get; set; }
        public bool SupportsShouldProcess { get; set; }
        public ConfirmImpact ConfirmImpact { get; set; }
    }

    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public sealed class OutputTypeAttribute : Attribute
    {
        public OutputTypeAttribute(params Type[] type) { }
    }

    [AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
    public sealed class ParameterAttribute : Attribute
    {
        public bool Mandatory { get; set; }
        public int Position { get; set; }
        public string ParameterSetName { get; set; }
        public bool ValueFromPipelineByPropertyName { get; set; }
    }

    [AttributeUsage(AttributeTargets.Property)]
    public sealed class AliasAttribute : Attribute
    {
        public AliasAttribute(params string[] aliasNames) { }
    }

    [AttributeUsage(AttributeTargets.Property)]
    public sealed class AllowEmptyStringAttribute : Attribute { }

    public abstract class ValidateArgumentsAttribute : Attribute
    {
        protected abstract void Validate(object arguments, EngineIntrinsics engineIntrinsics);
    }

    public abstract class ValidateEnumeratedArgumentsAttribute : ValidateArgumentsAttribute
    {
        protected abstract void ValidateElement(object element);
        protected sealed override void Validate(object arguments, EngineIntrinsics engineIntrinsics) { }
    }

    [AttributeUsage(AttributeTargets.Property)]
    public sealed class ValidateRangeAttribute : ValidateEnumeratedArgumentsAttribute
    {
        public ValidateRangeAttribute(object minRange, object maxRange) { }
        protected override void ValidateElement(object element) { }
    }

    [AttributeUsage(AttributeTargets.Property)]
    public sealed class ValidateLengthAttribute : ValidateEnumeratedArgumentsAttribute
    {
        public ValidateLengthAttribute(int minLength, int maxLength) { }
        protected override void ValidateElement(object element) { }
    }

    [AttributeUsage(AttributeTargets.Property)]
    public sealed class ValidateCountAttribute : ValidateArgumentsAttribute
    {
        public ValidateCountAttribute(int minLength, int maxLength) { }
        protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics) { }
    }

    public class EngineIntrinsics { }

    public class RuntimeException : SystemException
    {
        public RuntimeException(string message) { }
    }

    public class MetadataException : RuntimeException
    {
        public MetadataException(string message) : base(message) { }
    }

    public class ValidationMetadataException : MetadataException
    {
        public ValidationMetadataException(string message) : base(message) { }
    }

    public class WildcardPatternException : RuntimeException
    {
        public WildcardPatternException(string message) : base(message) { }
    }

    public sealed class WildcardPattern
    {
        public WildcardPattern(string pattern, WildcardOptions options) { }
        public bool IsMatch(string input) { return false; }
    }

    public struct SwitchParameter
    {
        public SwitchParameter(bool isPresent) { }
        public static implicit operator bool(SwitchParameter switchParameter) { return false; }
    }

    public class ErrorDetails
    {
        public ErrorDetails(string message) { }
    }

    public class ErrorRecord
    {
        public ErrorRecord(Exception exception, string errorId, ErrorCategory errorCategory, object targetObject) { }
        public ErrorDetails ErrorDetails { get; set; }
    }

    public class InvocationInfo
    {
        public Dictionary<string, object> BoundParameters { get { return null; } }
    }

    public static class LanguagePrimitives
    {
        public static bool IsTrue(object obj) { return false; }
    }

    public abstract class Cmdlet
    {
        protected virtual void BeginProcessing() { }
        protected virtual void ProcessRecord() { }
        protected virtual void StopProcessing() { }
        public bool ShouldProcess(string target, string action) { return false; }
        public bool ShouldProcess(string verboseDescription, string verboseWarning, string caption) { return false; }
        public void WriteObject(object sendToPipeline) { }
        public void WriteVerbose(string text) { }
        public void WriteError(ErrorRecord errorRecord) { }
        public void ThrowTerminatingError(ErrorRecord errorRecord) { }
    }

    public abstract class PSCmdlet : Cmdlet
    {
        public InvocationInfo MyInvocation { get { return null; } }
        public string ParameterSetName { get { return null; } }
        public object GetVariableValue(string name) { return null; }
    }
}
