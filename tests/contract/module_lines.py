"""Lines for the module's prompt, and what comes of each on the host of `people`."""

from __future__ import annotations

ALICE = "-UserName 'CORP\\alice' -LogonTime"
"""Who has session 3. The logon time follows."""

REFUSED = {
    "Get-TSSession -ComputerName dc1": "ParameterArgumentValidationError",
    "Get-TSSession -ComputerName ''": "ParameterArgumentValidationError",
    "Get-TSSession -CN comp10": "ParameterArgumentValidationError",
    "Get-TSSession -CN comp1.other.example": "ParameterArgumentValidationError",
    "Get-TSSession -CN .corp.example": "ParameterArgumentValidationError",
    "Get-TSSession -IPAddress 10.0.4.17": "ParameterArgumentValidationError",
    "Get-TSSession -Id -1": "ParameterArgumentValidationError",
    "Get-TSSession -State '['": "ParameterArgumentValidationError",
    "Get-TSSession -Id 3 -Process -State Active": "AmbiguousParameterSet",
    "Get-TSSession -Id 0 -Process": "request:87",
    "Get-TSSession -Id 99 -Process": "changed:0",
    "Get-TSSession -Id 3 -Process -UserName 'CORP\\bob'": "changed:0",
    "Get-TSSession -Id 3 -Process -UserName 'CORP\\al*'": "changed:0",
    "Get-TSSession -Id 3 -Process -LogonTime 1": "changed:0",
    "Get-TSSession -Id 3 -Process -UserName 'CORP\\alice' -LogonTime 0": "changed:0",
    "Get-TSSession -Id 3 -Process -MachineDns comp2": "machine:0",
    "Stop-TSSession -Id 3 -Force": "MissingMandatoryParameter",
    "Stop-TSSession -Id 3 -UserName 'CORP\\alice' -Force": "MissingMandatoryParameter",
    "Disconnect-TSSession -Id 3 -LogonTime 1 -Force": "MissingMandatoryParameter",
    "Send-TSMessage hello -Id 3": "MissingMandatoryParameter",
    f"Send-TSMessage '' -Id 3 {ALICE} 1": "ParameterArgumentValidationError",
    f"Stop-TSSession -Id -1 {ALICE} 1 -Force": "ParameterArgumentValidationError",
    f"Stop-TSSession -Id 2147483648 {ALICE} 1 -Force": "ParameterArgumentValidationError",
    f"Stop-TSSession -Id three {ALICE} 1 -Force": "CannotConvertArgumentNoMessage",
    f"Stop-TSSession -Id 3 {ALICE} -1 -Force": "ParameterArgumentValidationError",
    f"Stop-TSSession -Id 3 {ALICE} 1 -TimeoutSeconds 0 -Force": "ParameterArgumentValidationError",
    f"Stop-TSSession -Id 3 {ALICE} 1 -TimeoutSeconds 86401 -Force": "ParameterArgumentValidationError",
    f"Stop-TSSession -Id 3 {ALICE} 1 -SaidSince -1 -Force": "ParameterArgumentValidationError",
    f"Stop-TSSession -Id 3 {ALICE} 1 -ComputerName comp2 -Force": "ParameterArgumentValidationError",
    f"Stop-TSSession -Id 3 {ALICE} 1 -MachineDns comp2 -Force": "machine:0",
    f"Stop-TSSession -Id 3 {ALICE} 1 -MachineNetBios comp2 -Force": "machine:0",
    f"Stop-TSSession -Id 3 {ALICE} 1 -Condition 'user like' -Force": "request:87",
    f'Stop-TSSession -Id 3 {ALICE} 1 -Condition "cpu`tgt`t5" -Force': "request:87",
    f'Stop-TSSession -Id 3 {ALICE} 1 -Condition "idle`tgt`tlong" -Force': "request:87",
    f"Stop-TSSession -Id 3 {ALICE} 1 -Filter 'x' -Force": "NamedParameterNotFound",
    "Stop-TSSession -InputObject @{SessionId = 3; UserName = 'CORP\\alice'} -Force": "CannotConvertArgumentNoMessage",
    "Stop-TSSession -InputObject 3 -Force": "CannotConvertArgumentNoMessage",
    "Stop-TSSession -Id 3 -InputObject (Get-TSSession 3) -Force": "AmbiguousParameterSet",
    "Stop-TSSession -InputObject @() -Force": "ParameterArgumentValidationError",
    f"Send-TSMessage hello -Id 3 {ALICE} 1 -Caption ('x' * 1025)": "ParameterArgumentValidationError",
}
"""The identifier of the error; nothing is listed, and nobody touched."""

FOUND = {
    "Get-TSSession": [0, 1, 3, 5, 7, 65536],
    "Get-TSSession -Id 5, 3": [3, 5],
    "Get-TSSession -State act*, Listening": [5, 7, 65536],
    "Get-TSSession -ConnectionState DISC*": [0, 3],
    "Get-TSSession -UserName ALICE, corp\\b?b": [3, 5],
    "Get-TSSession -UserName corp\\*": [3, 5, 7],
    "Get-TSSession -UserName [a-b]*": [3, 5],
    "Get-TSSession -ClientName laptop-*": [3, 5],
    "Get-TSSession -ClientName laptop-* -State Active": [5],
    "Get-TSSession -UserName ''": [0, 1, 65536],
    "Get-TSSession -UserName nobody": [],
}
"""The ids that are listed."""

JUDGED = {
    f"Stop-TSSession 3 {ALICE} {{}} -Force": ("requested", ""),
    f"Stop-TSSession 3 {ALICE} {{}} -Force -Synchronous": ("gone", ""),
    f"Stop-TSSession 3 {ALICE} 1 -Force": ("changed", "person"),
    "Stop-TSSession 3 -UserName alice -LogonTime {} -Force": ("changed", "person"),
    f"Stop-TSSession 3 {ALICE} {{}} -SaidSince 1 -Force": ("changed", "came_back"),
    f'Stop-TSSession 3 {ALICE} {{}} -Condition "user`tlike`tbob","state`tin`t4" -Force': ("changed", "filter"),
    f'Stop-TSSession 3 {ALICE} {{}} -Condition "user`tlike`tbob`tCORP\\al*" -Force': ("requested", ""),
    f"Stop-TSSession 0 {ALICE} {{}} -Force": ("protected", "session 0"),
    f"Stop-TSSession 65536 {ALICE} {{}} -Force": ("protected", "listener"),
    f"Stop-TSSession 99 {ALICE} {{}} -Force": ("absent", ""),
    "Stop-TSSession 3 -UserName '' -LogonTime {} -Force": ("changed", "person"),
    "Stop-TSSession 5 -UserName corp\\BOB -LogonTime {} -Force": ("changed", "came_back"),
    "Stop-TSSession 5 -UserName corp\\BOB -LogonTime {} -Force -SaidState 0": ("requested", ""),
    "Stop-TSSession 5 -UserName corp\\BOB -LogonTime {} -Force -EvenIfActive": ("requested", ""),
    f"Disconnect-TSSession 3 {ALICE} {{}} -Force": ("disconnected", "already"),
    "Disconnect-TSSession 5 -UserName CORP\\bob -LogonTime {} -Force -SaidState 0 -Sync": ("disconnected", ""),
    "Send-TSMessage hello -Id 5 -UserName CORP\\bob -LogonTime {}": ("sent", ""),
}
"""Verdict and reason; in place of {} the logon time of all three people."""
