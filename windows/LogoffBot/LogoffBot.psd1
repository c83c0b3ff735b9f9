@{
    RootModule           = 'LogoffBot.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '19456597-f5bd-42ac-82d1-c4dd9d26c787'
    Author               = 'The authors of logoff-bot'
    Copyright            = 'Apache License 2.0'
    Description          = 'Lists the sessions of this machine, and logs off, disconnects or messages the people in them. Experimental.'
    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    CmdletsToExport      = @('Get-TSSession', 'Stop-TSSession', 'Disconnect-TSSession', 'Send-TSMessage')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    FormatsToProcess     = @('LogoffBot.format.ps1xml')
}
