# logoff-bot: lists or logs off sessions of this host. $nonce and $request stand above; nothing in this text ever changes.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
try {
    Add-Type -TypeDefinition @'
#CSHARP#
'@
    [LogoffBot.Agent]::Run($nonce, $request)
} catch {
    $message64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($_.Exception.GetBaseException().Message))
    [Console]::Out.Write($nonce + '{"error": {"where": "Add-Type", "code": 0, "message64": "' + $message64 + '"}}' + $nonce + "`n")
    [Console]::Out.Write($nonce + '{"end": 1}' + $nonce + "`n")
}
