"""WS-Management envelopes: a request read into a `Message`, an answer and a fault written out.

The shapes are those of [MS-WSMV] (https://learn.microsoft.com/openspecs/windows_protocols/ms-wsmv/), as Windows writes
them. Every envelope is a header (who, what, about which resource, how long) and a body; an answer names in
`RelatesTo` the message it answers.
"""

import re
import uuid
import xml.etree.ElementTree as ET  # the farm listens on loopback only; expat refuses entity floods by itself
from dataclasses import dataclass
from datetime import timedelta
from html import escape

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
COMMAND_SHELL = f"{SHELL}/cmd"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
_WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
_FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
_WMI_ERROR = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError"
NAMES = {"s": "http://www.w3.org/2003/05/soap-envelope", "a": _ADDRESSING, "w": _WSMAN, "rsp": SHELL, "x": TRANSFER}

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")
_DEFAULT_TIMEOUT = timedelta(seconds=60)


class NotSoapError(ValueError):
    """The body is no envelope at all; HTTP answers 400."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request. `operation` is the last word of the action: Create, Get, Command, Send, Receive, Signal, Delete."""

    action: str
    message_id: str
    resource: str
    timeout: timedelta
    options: dict[str, str]
    shell_id: str
    header: ET.Element
    body: ET.Element

    @property
    def operation(self) -> str:
        return self.action.rsplit("/", 1)[-1]

    def find(self, path: str) -> ET.Element | None:
        return self.body.find(path, NAMES)

    def text(self, path: str) -> str | None:
        return self.body.findtext(path, None, NAMES)


@dataclass(kw_only=True, eq=False)
class Fault(Exception):  # SOAP's own word
    """What Windows answers instead of a response, with HTTP 500.

    `code` is the WSManFault code clients decide by; the message is for people and would be in Windows' language.
    """

    code: int
    message: str
    subcode: str = "w:InternalError"
    sender: bool = False
    wmi: bool = False


def read_message(data: bytes) -> Message:
    """NotSoapError when `data` is no envelope with a header and a body."""
    try:
        root = ET.fromstring(data)  # noqa: S314  # see the import
    except ET.ParseError as error:
        raise NotSoapError(str(error)) from error
    header, body = root.find("s:Header", NAMES), root.find("s:Body", NAMES)
    if header is None or body is None:
        raise NotSoapError("no header or no body")
    return Message(
        action=header.findtext("a:Action", "", NAMES),
        message_id=header.findtext("a:MessageID", "", NAMES),
        resource=header.findtext("w:ResourceURI", "", NAMES),
        timeout=read_duration(header.findtext("w:OperationTimeout", "", NAMES)) or _DEFAULT_TIMEOUT,
        options={each.get("Name", ""): each.text or "" for each in header.iterfind("w:OptionSet/w:Option", NAMES)},
        shell_id=header.findtext("w:SelectorSet/w:Selector[@Name='ShellId']", "", NAMES),
        header=header,
        body=body,
    )


def read_duration(text: str) -> timedelta | None:
    """An xs:duration of days to seconds (PT60S, P0DT2H), None when it is none."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def write_duration(value: timedelta) -> str:
    return f"PT{value.total_seconds():.3f}S"


def write_response(message: Message, body: str) -> bytes:
    return _envelope(f"{message.action}Response", message.message_id, body)


def write_fault(message: Message, fault: Fault, machine: str) -> bytes:
    text = escape(fault.message)
    body = (
        f"<s:Fault><s:Code><s:Value>{'s:Sender' if fault.sender else 's:Receiver'}</s:Value>"
        f"<s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{text}</s:Text></s:Reason>'
        f'<s:Detail><f:WSManFault xmlns:f="{_FAULT}" Code="{fault.code}" Machine="{escape(machine)}">'
        f"<f:Message>{text}</f:Message></f:WSManFault>{_wmi_error(fault) if fault.wmi else ''}</s:Detail></s:Fault>"
    )
    return _envelope(_FAULT_ACTION, message.message_id, body)


def _wmi_error(fault: Fault) -> str:
    """Quotas are counted below WS-Management, and their fault carries this second account of itself."""
    return (
        f'<p:MSFT_WmiError xmlns:p="{_WMI_ERROR}"><p:CIMStatusCode>27</p:CIMStatusCode>'
        f"<p:MessageID>HRESULT 0x{fault.code:08x}</p:MessageID><p:Message>{escape(fault.message)}</p:Message>"
        f"<p:PerceivedSeverity>0</p:PerceivedSeverity><p:error_Code>{fault.code}</p:error_Code>"
        f"<p:error_Type>HRESULT</p:error_Type></p:MSFT_WmiError>"
    )


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
    return (
        f'<s:Envelope xml:lang="en-US" {spaces}><s:Header>'
        f"<a:Action>{escape(action)}</a:Action><a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f"<a:To>{_ADDRESSING}/role/anonymous</a:To><a:RelatesTo>{escape(relates_to)}</a:RelatesTo>"
        f"</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()
