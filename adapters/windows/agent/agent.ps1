# logoff-bot: lists sessions of this host, or ends them. $nonce and $request stand above; nothing in this text ever changes.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$where = 'Add-Type'
try {
    Add-Type -TypeDefinition @'
#CSHARP#
'@
    $where = 'Run'
    [LogoffBot.Agent]::Run($nonce, $request)
} catch {
    $message64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($_.Exception.GetBaseException().Message))
    [Console]::Out.Write($nonce + '{"error": {"where": "' + $where + '", "code": 0, "message64": "' + $message64 + '"}}' + $nonce + "`n")
    [Console]::Out.Write($nonce + '{"end": 1}' + $nonce + "`n")
}
