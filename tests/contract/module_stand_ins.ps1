# Each NAME.cs in $env:STAND_INS to NAME.dll, which is loaded, under the version and the public key of the engine, which the caller of a snap-in compares.
$engine = [System.Management.Automation.PowerShell].Assembly.GetName()
$key = [Collections.Immutable.ImmutableArray]::ToImmutableArray([byte[]] $engine.GetPublicKey())
$options = [Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions]::new([Microsoft.CodeAnalysis.OutputKind]::DynamicallyLinkedLibrary)
$options = $options.WithCryptoPublicKey($key).WithPublicSign($true)
$references = [Collections.Generic.List[Microsoft.CodeAnalysis.MetadataReference]]::new()
foreach ($path in [AppContext]::GetData('TRUSTED_PLATFORM_ASSEMBLIES').Split(':')) {
    $name = [IO.Path]::GetFileName($path)
    if ($name -like 'System.*' -or $name -eq 'netstandard.dll') {
        $references.Add([Microsoft.CodeAnalysis.MetadataReference]::CreateFromFile($path))
    }
}
$version = [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText(
    "[assembly: System.Reflection.AssemblyVersion(`"$($engine.Version)`")] static class Nothing { }")
foreach ($source in [IO.Directory]::GetFiles($env:STAND_INS, '*.cs')) {
    $tree = [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText([IO.File]::ReadAllText($source))
    $name = [IO.Path]::GetFileNameWithoutExtension($source)
    $trees = [Microsoft.CodeAnalysis.SyntaxTree[]] @($version, $tree)
    $made = [Microsoft.CodeAnalysis.CSharp.CSharpCompilation]::Create($name, $trees, $references, $options)
    $stream = [IO.File]::Create([IO.Path]::ChangeExtension($source, 'dll'))
    $result = $made.Emit($stream)
    $stream.Dispose()
    if (-not $result.Success) { throw "$name`: $($result.Diagnostics)" }
    [void] [Reflection.Assembly]::LoadFrom([IO.Path]::ChangeExtension($source, 'dll'))
}
