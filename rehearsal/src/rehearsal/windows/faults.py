"""The faults a text shell answers, with the codes and the English words of Windows.

Codes: https://learn.microsoft.com/windows/win32/winrm/wsman-error-codes (wsmerror.h) and Win32's winerror.h.
"""

from rehearsal.windows.soap import Fault

OPERATION_TIMEOUT = 2150858793
SHELL_NOT_FOUND = 2150858843
QUOTA_OF_SHELLS = 2150859173
NO_ENDPOINT = 2150858811
PIPE_ENDED = 2147942509
ACCESS_DENIED = 5
CODE_PAGE_NOT_SUPPORTED = 2150859072
INVALID_DIRECTORY = 2147942667
INCORRECT_PARAMETER = 2147942487
INTERNAL_ERROR = 1359


def nothing_to_say() -> Fault:
    """No output within the OperationTimeout: the client just asks again."""
    return Fault(
        code=OPERATION_TIMEOUT,
        message="The WS-Management service cannot complete the operation within the time specified in "
        "OperationTimeout.  ",
        subcode="w:TimedOut",
    )


def unknown_shell(shell_id: str) -> Fault:
    return Fault(
        code=SHELL_NOT_FOUND,
        message=f"The request for the Windows Remote Shell with ShellId {shell_id} failed because the shell was not"
        " found on the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on"
        " the server. Provide the correct ShellId or create a new shell and retry the operation. ",
        subcode="w:InvalidSelectors",
        sender=True,
    )


def ended_shell() -> Fault:
    """The shell ended while something was wanted of it."""
    return unknown_shell("")


def unknown_command() -> Fault:
    return Fault(
        code=SHELL_NOT_FOUND,
        message="The Windows Remote Shell received a request to perform an operation on a command identifier that does "
        "not exist. Either the command has completed execution or the client specified an invalid command identifier. ",
        subcode="w:InvalidSelectors",
        sender=True,
    )


def too_many_shells(code: int = QUOTA_OF_SHELLS) -> Fault:
    return Fault(
        code=code,
        message="The WS-Management service cannot process the request. The maximum number of concurrent shells for "
        "this user has been exceeded. Close existing shells or raise the quota for this user. ",
        subcode="w:QuotaLimit",
        wmi=True,
    )


def pipe_ended() -> Fault:
    """Standard input was closed, or the program has gone."""
    return Fault(code=PIPE_ENDED, message="The pipe has been ended. ")


def access_denied() -> Fault:
    """The account may not open a text shell: it lacks Read and Execute on the service's root SDDL."""
    return Fault(code=ACCESS_DENIED, message="Access is denied. ", subcode="w:AccessDenied", sender=True)


def unknown_code_page() -> Fault:
    """wsmerror.h: ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED."""
    return Fault(
        code=CODE_PAGE_NOT_SUPPORTED,
        message="The WinRS client cannot process the request. The server cannot set Code Page. You may want to use the "
        "CHCP command to change the client Code Page to 437 and receive the results in English. ",
    )


def invalid_directory() -> Fault:
    """winerror.h: ERROR_DIRECTORY."""
    return Fault(code=INVALID_DIRECTORY, message="The directory name is invalid. ")


def incorrect_parameter() -> Fault:
    """winerror.h: ERROR_INVALID_PARAMETER, of an environment that cannot be."""
    return Fault(code=INCORRECT_PARAMETER, message="The parameter is incorrect. ")


def internal_error() -> Fault:
    return Fault(code=INTERNAL_ERROR, message="An internal error occurred. ")


def not_supported(action: str) -> Fault:
    return Fault(
        code=2150858757,
        message=f"The WS-Management service cannot process the request. The action {action} is not supported. ",
        subcode="a:ActionNotSupported",
        sender=True,
    )


def unknown_resource(uri: str) -> Fault:
    return Fault(
        code=2150858752,
        message="The WS-Management service cannot process the request. The service cannot find the resource identified "
        f"by the resource URI {uri} and selectors. ",
        subcode="w:DestinationUnreachable",
        sender=True,
    )


def no_endpoint(uri: str) -> Fault:
    """A session configuration of PowerShell that is not registered."""
    return Fault(
        code=NO_ENDPOINT,
        message=f"The WS-Management service cannot process the request. The resource URI ({uri}) was not found in the "
        "WS-Management catalog. The catalog contains the metadata that describes resources, or logical endpoints. ",
        subcode="w:DestinationUnreachable",
        sender=True,
    )


def not_valid(what: str) -> Fault:
    """The envelope is one, but does not hold what its action needs."""
    return Fault(
        code=2150858817,
        message=f"The SOAP XML in the message does not match the corresponding XML schema definition: {what}. ",
        subcode="w:SchemaValidationError",
        sender=True,
    )


def told(code: int, words: str) -> Fault:
    """The fault that the farm's file names."""
    return Fault(code=code, message=words)
