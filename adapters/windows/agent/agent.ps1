# logoff-bot: lists sessions of this host, or ends them. $nonce, $request and $tally stand above; nothing in this text ever changes.
try {
    $where, $ErrorActionPreference, $ProgressPreference = 'Add-Type', 'Stop', 'SilentlyContinue'
    Add-Type -TypeDefinition @'
#CSHARP#
'@
    $where = 'Run'
    [LogoffBot.Agent]::Run($nonce, $request, $tally, $whole)
} catch {
    $inner = $_.Exception.GetBaseException()
    $id = $_.FullyQualifiedErrorId -replace '[^A-Za-z0-9_,.]', ''
    $message64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($inner.Message))
    [Console]::Out.Write($nonce + '{"error": {"where": "' + $where + '", "code": ' + $inner.HResult + ', "kind": "' + $inner.GetType().Name + '", "id": "' + $id + '", "message64": "' + $message64 + '"}}' + $nonce + "`n")
    [Console]::Out.Write($nonce + '{"end": 1}' + $nonce + "`n")
}
