"""SIP, SDP, RTP, DTMF, G.711 and WAV as values and codecs: no sockets, no clock, no loop.

Shared by the SIP engine and by whoever plays its far side.
"""

import importlib

importlib.import_module("pyVoIP.VoIP")  # pyVoIP.SIP and pyVoIP.RTP can only be imported after it
