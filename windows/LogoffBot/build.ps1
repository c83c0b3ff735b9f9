<#
.SYNOPSIS
Builds the module LogoffBot with the compiler of Windows PowerShell 5.1. Nothing has to be installed for it.

.DESCRIPTION
Writes the folder LogoffBot below the destination: the DLL, and all that is installed beside it. Writes SHA256SUMS, the
list of these files with their digests. Prints the SHA-256 of the DLL, which a policy may allow, and that of the list,
which the installation asks for. Two builds of the same sources differ in both: build once, note them, and copy what was
built to all machines.

.PARAMETER Destination
The folder that gets the folder LogoffBot. What an earlier build wrote there has to be deleted first. Only administrators
should be able to write to it, as below Program Files: what lies there is installed.

.EXAMPLE
powershell.exe -NoProfile -ExecutionPolicy Bypass -File build.ps1 -Destination 'C:\Program Files\LogoffBot-Build'
#>
param([Parameter(Mandatory = $true)] [string] $Destination)

$ErrorActionPreference = 'Stop'
if ($PSVersionTable.PSEdition -eq 'Core') {
    throw 'Run this in Windows PowerShell 5.1 (powershell.exe): what PowerShell 7 builds, Windows PowerShell cannot load.'
}

# A package has the agent's files beside the module's own; in a checkout they are where the bot keeps them.
$own = [IO.Path]::Combine($PSScriptRoot, 'src')
$agent = [IO.Path]::Combine($own, 'agent')
if (-not [IO.Directory]::Exists($agent)) {
    $agent = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..', '..', 'adapters', 'windows', 'agent'))
}
$shared = 'Acting.cs', 'Machine.cs', 'Target.cs', 'Request.cs', 'Wts.cs', 'Processes.cs'
$sources = @([IO.Directory]::GetFiles($own, '*.cs'))
foreach ($name in $shared) { $sources += [IO.Path]::Combine($agent, $name) }
foreach ($path in $sources) {
    if (-not [IO.File]::Exists($path)) { throw "$path is missing: copy the whole folder, as it was handed out." }
}

$module = [IO.Path]::Combine([IO.Path]::GetFullPath($Destination), 'LogoffBot')
if ([IO.Directory]::Exists($module) -and [IO.Directory]::GetFileSystemEntries($module).Length) {
    throw "$module is not empty. Delete it, or name another destination: a file of an older release would stay there."
}
foreach ($part in '.', 'RoleCapabilities', 'en-US') {
    $from = [IO.Path]::Combine($PSScriptRoot, $part)
    $to = [IO.Path]::Combine($module, $part)
    [void] [IO.Directory]::CreateDirectory($to)
    foreach ($path in [IO.Directory]::GetFiles($from)) {
        $name = [IO.Path]::GetFileName($path)
        if ($name -ne 'build.ps1') { [IO.File]::Copy($path, [IO.Path]::Combine($to, $name), $true) }
    }
}

# Its compiler knows C# 5, and takes a warning for an error.
$dll = [IO.Path]::Combine($module, 'LogoffBot.dll')
Add-Type -LiteralPath $sources -OutputAssembly $dll -OutputType Library

function Get-Digest([string] $Path) {
    $bytes = [Security.Cryptography.SHA256]::Create().ComputeHash([IO.File]::ReadAllBytes($Path))
    [BitConverter]::ToString($bytes).Replace('-', '').ToLowerInvariant()
}

$list = [IO.Path]::Combine([IO.Path]::GetFullPath($Destination), 'SHA256SUMS')
$lines = foreach ($path in [IO.Directory]::GetFiles($module, '*', [IO.SearchOption]::AllDirectories)) {
    "$(Get-Digest $path)  LogoffBot/$($path.Substring($module.Length + 1).Replace('\', '/'))`n"
}
[IO.File]::WriteAllText($list, -join $lines)

"$dll"
"SHA-256 $(Get-Digest $dll)"
"$list"
"SHA-256 $(Get-Digest $list)"
