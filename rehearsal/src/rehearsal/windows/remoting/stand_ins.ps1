# Run by the engine, once for a farm: makes what its own server of remoting needs, in the folder $env:TARGET.
# An engine alone has no console and none of its modules; it wants to see their assemblies when it builds a restricted
# session. Empty ones are enough, and three commands that the session hides behind its own functions.
$engine = [System.Management.Automation.PowerShell].Assembly
$version = "[assembly: System.Reflection.AssemblyVersion(""$($engine.GetName().Version)"")]"
$sources = @{ Rehearsal = [IO.File]::ReadAllText("$env:SOURCE") }
foreach ($name in 'ConsoleHost', 'Commands.Management', 'Commands.Utility', 'Commands.Diagnostics', 'Security') {
    $sources["Microsoft.PowerShell.$name"] = $version
}
$sources['Microsoft.WSMan.Management'] = $version
$sources['Microsoft.PowerShell.Commands.Utility'] = @"
using System.Management.Automation;
$version
[Cmdlet("Select", "Object")] public sealed class SelectObject : PSCmdlet { }
[Cmdlet("Measure", "Object")] public sealed class MeasureObject : PSCmdlet { }
[Cmdlet("Get", "FormatData")] public sealed class GetFormatData : PSCmdlet { }
"@

$key = [Collections.Immutable.ImmutableArray]::ToImmutableArray([byte[]]$engine.GetName().GetPublicKey())
$kind = [Microsoft.CodeAnalysis.OutputKind]::DynamicallyLinkedLibrary
$options = [Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions]::new($kind)
$options = $options.WithCryptoPublicKey($key).WithPublicSign($true)
$references = [Collections.Generic.List[Microsoft.CodeAnalysis.MetadataReference]]::new()
foreach ($path in [AppContext]::GetData('TRUSTED_PLATFORM_ASSEMBLIES').Split([IO.Path]::PathSeparator)) {
    $name = [IO.Path]::GetFileName($path)
    if ($name -like 'System.*' -or $name -eq 'netstandard.dll') {
        $references.Add([Microsoft.CodeAnalysis.MetadataReference]::CreateFromFile($path))
    }
}
foreach ($name in $sources.Keys) {
    if ([IO.File]::Exists("$PSHOME/$name.dll")) { continue }
    $tree = [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText($sources[$name])
    $trees = [Microsoft.CodeAnalysis.SyntaxTree[]]@($tree)
    $made = [Microsoft.CodeAnalysis.CSharp.CSharpCompilation]::Create($name, $trees, $references, $options)
    $stream = [IO.File]::Create("$env:TARGET/$name.dll")
    $result = $made.Emit($stream)
    $stream.Dispose()
    if (-not $result.Success) { throw "$($result.Diagnostics)" }
}
