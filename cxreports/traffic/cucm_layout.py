"""Columns of a Cisco Unified Communications Manager CDR file, in order, with the types of its second line.

Source: Cisco, "Call Reporting and Billing Administration Guide for Cisco Unified Communications Manager",
sample CDR dump file output.
"""

from collections.abc import Mapping
from typing import Final

_RUNS: Final = (
    (
        "INTEGER",
        (
            "cdrRecordType globalCallID_callManagerId globalCallID_callId origLegCallIdentifier "
            "dateTimeOrigination origNodeId origSpan origIpAddr"
        ),
    ),
    ("VARCHAR(50)", "callingPartyNumber"),
    ("VARCHAR(128)", "callingPartyUnicodeLoginUserID"),
    (
        "INTEGER",
        (
            "origCause_location origCause_value origPrecedenceLevel origMediaTransportAddress_IP "
            "origMediaTransportAddress_Port origMediaCap_payloadCapability "
            "origMediaCap_maxFramesPerPacket origMediaCap_g723BitRate origVideoCap_Codec "
            "origVideoCap_Bandwidth origVideoCap_Resolution origVideoTransportAddress_IP "
            "origVideoTransportAddress_Port"
        ),
    ),
    ("VARCHAR(64)", "origRSVPAudioStat origRSVPVideoStat"),
    ("INTEGER", "destLegIdentifier destNodeId destSpan destIpAddr"),
    ("VARCHAR(50)", "originalCalledPartyNumber finalCalledPartyNumber"),
    ("VARCHAR(128)", "finalCalledPartyUnicodeLoginUserID"),
    (
        "INTEGER",
        (
            "destCause_location destCause_value destPrecedenceLevel destMediaTransportAddress_IP "
            "destMediaTransportAddress_Port destMediaCap_payloadCapability "
            "destMediaCap_maxFramesPerPacket destMediaCap_g723BitRate destVideoCap_Codec "
            "destVideoCap_Bandwidth destVideoCap_Resolution destVideoTransportAddress_IP "
            "destVideoTransportAddress_Port"
        ),
    ),
    ("VARCHAR(64)", "destRSVPAudioStat destRSVPVideoStat"),
    ("INTEGER", "dateTimeConnect dateTimeDisconnect"),
    ("VARCHAR(50)", "lastRedirectDn"),
    ("UNIQUEIDENTIFIER", "pkid"),
    (
        "VARCHAR(50)",
        (
            "originalCalledPartyNumberPartition callingPartyNumberPartition "
            "finalCalledPartyNumberPartition lastRedirectDnPartition"
        ),
    ),
    ("INTEGER", "duration"),
    ("VARCHAR(129)", "origDeviceName destDeviceName"),
    (
        "INTEGER",
        (
            "origCallTerminationOnBehalfOf destCallTerminationOnBehalfOf "
            "origCalledPartyRedirectOnBehalfOf lastRedirectRedirectOnBehalfOf "
            "origCalledPartyRedirectReason lastRedirectRedirectReason destConversationId"
        ),
    ),
    ("VARCHAR(50)", "globalCallId_ClusterID"),
    ("INTEGER", "joinOnBehalfOf"),
    ("VARCHAR(2048)", "comment"),
    ("VARCHAR(50)", "authCodeDescription"),
    ("INTEGER", "authorizationLevel"),
    ("VARCHAR(32)", "clientMatterCode"),
    (
        "INTEGER",
        (
            "origDTMFMethod destDTMFMethod callSecuredStatus origConversationId origMediaCap_Bandwidth "
            "destMediaCap_Bandwidth"
        ),
    ),
    ("VARCHAR(32)", "authorizationCodeValue"),
    ("VARCHAR(50)", "outpulsedCallingPartyNumber outpulsedCalledPartyNumber"),
    ("VARCHAR(64)", "origIpv4v6Addr destIpv4v6Addr"),
    (
        "INTEGER",
        (
            "origVideoCap_Codec_Channel2 origVideoCap_Bandwidth_Channel2 origVideoCap_Resolution_Channel2 "
            "origVideoTransportAddress_IP_Channel2 origVideoTransportAddress_Port_Channel2 "
            "origVideoChannel_Role_Channel2 destVideoCap_Codec_Channel2 destVideoCap_Bandwidth_Channel2 "
            "destVideoCap_Resolution_Channel2 destVideoTransportAddress_IP_Channel2 "
            "destVideoTransportAddress_Port_Channel2 destVideoChannel_Role_Channel2 IncomingProtocolID"
        ),
    ),
    ("VARCHAR(32)", "IncomingProtocolCallRef"),
    ("INTEGER", "OutgoingProtocolID"),
    ("VARCHAR(32)", "OutgoingProtocolCallRef"),
    ("INTEGER", "currentRoutingReason origRoutingReason lastRedirectingRoutingReason"),
    ("VARCHAR(50)", "huntPilotPartition huntPilotDN"),
)

CUCM_COLUMNS: Final[Mapping[str, str]] = {name: kind for kind, names in _RUNS for name in names.split()}
"""SQL type of each column by its name."""
