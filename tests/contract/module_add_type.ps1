# Add-Type -OutputAssembly as Windows PowerShell has it: C# 5, and a warning is an error.
function Add-Type([string[]] $LiteralPath, [string] $OutputAssembly, [string] $OutputType) {
    $five = [Microsoft.CodeAnalysis.CSharp.CSharpParseOptions]::new([Microsoft.CodeAnalysis.CSharp.LanguageVersion]::CSharp5)
    $trees = foreach ($path in $LiteralPath) {
        [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText([IO.File]::ReadAllText($path), $five)
    }
    $library = [Microsoft.CodeAnalysis.OutputKind]::DynamicallyLinkedLibrary
    $options = [Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions]::new($library)
    $references = foreach ($path in [AppContext]::GetData('TRUSTED_PLATFORM_ASSEMBLIES').Split(':')) {
        if ([IO.Path]::GetFileName($path) -like 'System.*') {
            [Microsoft.CodeAnalysis.MetadataReference]::CreateFromFile($path)
        }
    }
    $made = [Microsoft.CodeAnalysis.CSharp.CSharpCompilation]::Create('LogoffBot', [Microsoft.CodeAnalysis.SyntaxTree[]] $trees,
        [Microsoft.CodeAnalysis.MetadataReference[]] $references, $options)
    $stream = [IO.File]::Create($OutputAssembly)
    $result = $made.Emit($stream)
    $stream.Dispose()
    $bad = foreach ($each in $result.Diagnostics) { if ($each.Severity -ge 'Warning') { "$each" } }
    if ($bad) { throw "$bad" }
}
