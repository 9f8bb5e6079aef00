"""The United Kingdom, Canada, Australia and the rest of the catalogue."""

from __future__ import annotations

from tests.compliance.law.case import daily, table

uk = table("uk", "third_party_collector", "Europe/London").case
legacy = table("uk.ofcom.legacy", "third_party_collector", "Europe/London").case
SPACE = {"breathing_space": {"kind": "standard", "started": "2026-03-02", "debts": ["D1"]}}
CRISIS = {
    "breathing_space": {"kind": "mental_health_crisis", "started": "2026-03-02", "debts": ["D1"]}
}
UK = [
    uk(
        "breathing space, the first day",
        "SI 2020/1311 reg. 26(2)",
        "03-02 11:00",
        "deny UK-BS-60",
        opens="05-01 08:00",
        facts=SPACE,
    ),
    uk(
        "breathing space, the 60th day",
        "SI 2020/1311 reg. 26(2)",
        "04-30 11:00",
        "deny UK-BS-60",
        opens="05-01 08:00",
        facts=SPACE,
    ),
    uk(
        "breathing space, the day before",
        "SI 2020/1311 reg. 26(2)",
        "03-01 11:00",
        "allow",
        facts=SPACE,
    ),
    uk(
        "breathing space, another debt",
        "SI 2020/1311 reg. 7",
        "03-10 11:00",
        "allow",
        facts=SPACE,
        debts=["D2"],
    ),
    uk(
        "breathing space, an e-mail",
        "SI 2020/1311 reg. 7",
        "03-10 11:00",
        "deny UK-BS-60",
        opens="05-01 08:00",
        facts=SPACE,
        channel="email",
    ),
    uk(
        "breathing space, cancelled early",
        "SI 2020/1311 reg. 26",
        "04-10 11:00",
        "allow",
        facts={
            "breathing_space": {
                "kind": "standard",
                "started": "2026-03-02",
                "cancelled_at": "2026-04-01T10:00:00Z",
            }
        },
    ),
    uk(
        "a crisis, treatment going on",
        "SI 2020/1311 reg. 32",
        "06-10 11:00",
        "deny UK-BS-MH",
        facts=CRISIS,
    ),
    uk(
        "a crisis, thirty days after treatment",
        "SI 2020/1311 reg. 32",
        "06-10 11:00",
        "deny UK-BS-MH",
        opens="06-20 08:00",
        facts={"breathing_space": {**CRISIS["breathing_space"], "treatment_ended": "2026-05-20"}},
    ),
    uk(
        "a crisis by other words",
        "SI 2020/1311 reg. 32",
        "06-10 11:00",
        "deny UK-BS-MH",
        facts={"breathing_space": {"kind": "mental health crisis", "started": "2026-03-02"}},
    ),
    uk(
        "21:00",
        "CONC 7.9.4R; MCOB 13.5.4G",
        "06-10 21:00",
        "deny UK-CONC-794",
        opens="06-11 08:00",
        strength="policy",
    ),
    uk("08:00 on the day the clocks go forward", "CONC 7.9.4R", "03-29 08:00", "allow"),
    uk(
        "a shift worker's mornings",
        "CONC 7.9.4R",
        "06-10 09:00",
        "deny UK-CONC-794",
        opens="06-10 13:00",
        facts={"inconvenient": [{"days": ["wed"], "from": "06:00", "to": "13:00"}]},
    ),
    uk(
        "a neighbour",
        "CONC 7.9.6R",
        "06-10 11:00",
        "deny UK-CONC-3P",
        party="third_party",
        number="T1",
    ),
    uk(
        "a dispute rests while it is looked into",
        "CONC 7.14",
        "06-10 11:00",
        "deny UK-CONC-DISP",
        facts={
            "dispute": {"debts": ["D1"], "received_at": "2026-06-08T14:00:00Z", "in_writing": False}
        },
    ),
    legacy(
        "72 hours after the abandoned call",
        "Ofcom 2010: 72 hours",
        "05-08 11:00",
        "allow",
        history="05-05 11:00 call abandoned",
        mode="predictive",
    ),
    legacy(
        "71:59 hours after the abandoned call",
        "Ofcom 2010: 72 hours",
        "05-08 10:59",
        "deny UK-OFCOM-LEGACY-72H",
        opens="05-08 11:00",
        strength="policy",
        history="05-05 11:00 call abandoned",
        mode="predictive",
    ),
    legacy(
        "another number",
        "Ofcom 2010: 72 hours",
        "05-07 11:00",
        "allow",
        history="05-05 11:00 call abandoned",
        mode="predictive",
        number="N2",
    ),
    legacy(
        "taken for a machine, redialed the same day",
        "Ofcom 2010: AMD",
        "05-05 15:00",
        "deny UK-OFCOM-LEGACY-AMD24",
        opens="05-06 00:00",
        strength="policy",
        history="05-05 11:00 call voicemail_no_message",
        mode="predictive",
    ),
    legacy(
        "taken for a machine, an agent is there",
        "Ofcom 2010: AMD",
        "05-05 15:00",
        "allow",
        history="05-05 11:00 call voicemail_no_message",
    ),
]

on = table("ca.on", "third_party_collector", "America/Toronto", province="ON").case
ON_OK = {"on_notice_sent": "2026-04-01", "spoken_on": "2026-04-20"}
ON_WEEK = (
    "06-01 10:00 call conversation\n06-03 10:00 call voicemail_message\n06-04 10:00 email sent\n"
)
ONTARIO = [
    on(
        "six days have not passed",
        "R.R.O. 1990, Reg. 74 s. 21",
        "05-06 10:00",
        "deny CA-ON-NOTICE6",
        opens="05-07 07:00",
        facts={"on_notice_sent": "2026-05-01"},
    ),
    on(
        "six days have passed",
        "R.R.O. 1990, Reg. 74 s. 21",
        "05-07 10:00",
        "allow",
        facts={"on_notice_sent": "2026-05-01"},
    ),
    on(
        "the seventh day is a Sunday",
        "R.R.O. 1990, Reg. 74 s. 21",
        "05-08 10:00",
        "deny CA-ON-NOTICE6",
        opens="05-10 13:00",
        facts={"on_notice_sent": "2026-05-04"},
    ),
    on("no notice", "R.R.O. 1990, Reg. 74 s. 21", "05-07 10:00", "deny CA-ON-NOTICE6"),
    on(
        "Sunday 17:00",
        "Reg. 74; official page",
        "06-14 17:00",
        "deny CA-ON-HOURS",
        opens="06-15 07:00",
        facts=ON_OK,
    ),
    on("Sunday 13:00", "Reg. 74; official page", "06-14 13:00", "allow", facts=ON_OK),
    on("Saturday 20:59", "Reg. 74; official page", "06-13 20:59", "allow", facts=ON_OK),
    on(
        "Saturday 21:00",
        "Reg. 74; official page",
        "06-13 21:00",
        "deny CA-ON-HOURS",
        opens="06-14 13:00",
        facts=ON_OK,
    ),
    on(
        "Boxing Day, a Saturday; Sunday opens at one",
        "Reg. 74; official page",
        "12-26 11:00",
        "deny CA-ON-HOURS",
        opens="12-27 13:00",
        facts=ON_OK,
    ),
    on(
        "Easter Monday is none of Ontario's",
        "Reg. 74; official page",
        "04-06 11:00",
        "allow",
        facts={"on_notice_sent": "2026-03-01"},
    ),
    on(
        "Thunder Bay and Kenora keep two clocks",
        "Reg. 74: local time of the person",
        "06-10 07:30",
        "deny CA-ON-HOURS",
        opens="06-10 08:00",
        facts=ON_OK,
        zones="America/Toronto America/Winnipeg",
    ),
    on(
        "before the first talk voicemails are free",
        "Reg. 74 ss. 21-25; guide",
        "06-06 10:00",
        "allow",
        history=daily("06-02", 4, "10:00 call voicemail_message"),
        facts={"on_notice_sent": "2026-04-01"},
    ),
    on(
        "two contacts after the talk, a third",
        "Reg. 74 ss. 21-25; guide",
        "06-06 10:00",
        "allow",
        history=(
            "05-20 10:00 call conversation\n"
            "06-03 10:00 call voicemail_message\n"
            "06-04 10:00 email sent"
        ),
        facts={"on_notice_sent": "2026-04-01"},
    ),
    on(
        "a fourth e-mail",
        "Reg. 74 ss. 21-25; guide",
        "06-06 10:00",
        "deny CA-ON-3IN7",
        opens="06-08 07:00",
        history=ON_WEEK,
        facts=ON_OK,
        channel="email",
    ),
    on(
        "the debtor asked for it",
        "Reg. 74 ss. 21-25: not if agreed, asked or started by the debtor",
        "06-06 10:00",
        "allow CA-ON-3IN7",
        history=ON_WEEK,
        facts={
            **ON_OK,
            "consent": [
                {
                    "scope": "call me on Saturday 2026-06-06",
                    "given_to": "collector",
                    "at": "2026-06-04T15:00:00Z",
                }
            ],
        },
    ),
    on(
        "the debtor's message is answered",
        "Reg. 74 ss. 21-25",
        "06-06 10:00",
        "allow",
        history=ON_WEEK + "06-06 09:00 email received in",
        facts=ON_OK,
        channel="email",
        in_reply=True,
    ),
    on(
        "what the debtor started is not counted",
        "Reg. 74 ss. 21-25",
        "06-06 10:00",
        "allow",
        history=(
            "06-01 10:00 call conversation in\n"
            "06-03 10:00 call voicemail_message\n"
            "06-04 10:00 email sent"
        ),
        facts=ON_OK,
    ),
]

qc = table("ca.qc", "third_party_collector", "America/Toronto", province="QC").case
bc = table("ca.bc", "third_party_collector", "America/Vancouver", province="BC").case
ab = table("ca.ab", "third_party_collector", "America/Edmonton", province="AB").case
adad = table("ca.crtc", "third_party_collector", "America/Toronto").case
frfi = table("ca.frfi", "bank", "America/Toronto").case
nb = table("ca.nb", "creditor", "America/Moncton").case
QC = "CQLR c. R-2.2; OPC"
CANADA = [
    qc("Québec, Saturday 19:59", QC, "06-13 19:59", "allow"),
    qc("Québec, a Sunday", QC, "06-14 12:00", "deny CA-QC-HOURS", opens="06-15 08:00"),
    qc("Québec, the Fête nationale", QC, "06-24 12:00", "deny CA-QC-HOURS", opens="06-25 08:00"),
    qc(
        "Québec, Easter: closed from Friday to Monday but for Saturday",
        QC,
        "04-03 12:00",
        "deny CA-QC-HOURS",
        opens="04-04 08:00",
    ),
    qc("Québec, Easter Monday", QC, "04-06 12:00", "deny CA-QC-HOURS", opens="04-07 08:00"),
    qc("Québec, the day after Christmas", QC, "12-26 12:00", "allow"),
    qc(
        "Québec, 20:30 was agreed: the list knows no agreement",
        QC,
        "06-10 20:30",
        "deny CA-QC-HOURS",
        opens="06-11 08:00",
        facts={"agreed_hours": {"from": "20:00", "to": "21:00"}},
    ),
    bc(
        "British Columbia, Victoria Day",
        "BPCPA s. 116 ff.",
        "05-18 12:00",
        "deny CA-BC-HOURS",
        opens="05-19 07:00",
    ),
    bc(
        "British Columbia, 21:30 in the Kootenays",
        "BPCPA s. 116 ff.",
        "06-10 20:30",
        "deny CA-BC-HOURS",
        opens="06-11 07:00",
        zones="America/Vancouver America/Edmonton",
    ),
    bc(
        "British Columbia, work a second time",
        "BPCPA s. 116 ff.",
        "06-10 10:00",
        "deny CA-BC-HOURS",
        history="06-01 10:00 call no_answer number=N4",
        facts={"number_kinds": {"N4": "workplace"}},
        number="N4",
    ),
    ab("Alberta, 21:59", "Alta Reg 194/1999 s. 12", "06-10 21:59", "allow"),
    ab(
        "Alberta, a fourth contact",
        "Alta Reg 194/1999 s. 12",
        "06-10 12:00",
        "deny CA-AB-HOURS",
        opens="06-14 07:00",
        history=daily("06-07", 3, "10:00 call voicemail_message"),
    ),
    ab(
        "Alberta, a fourth contact by agreement",
        "Alta Reg 194/1999 s. 12: unless agreed",
        "06-10 12:00",
        "allow CA-AB-HOURS",
        history=daily("06-07", 3, "10:00 call voicemail_message"),
        facts={
            "consent": [
                {"scope": "call me tomorrow", "given_to": "collector", "at": "2026-06-09T17:00:00Z"}
            ]
        },
    ),
    adad(
        "a recorded message at 08:30",
        "UTR part IV",
        "06-10 08:30",
        "deny CA-CRTC-ADAD",
        opens="06-10 09:00",
        mode="prerecorded",
    ),
    adad("an agent's call at 08:30", "UTR part III: not for collecting", "06-10 08:30", "allow"),
    frfi(
        "a bank on Remembrance Day",
        "SOR/2021-181",
        "11-11 12:00",
        "deny CA-FRFI-HOURS",
        opens="11-12 07:00",
    ),
    frfi(
        "a bank on Sunday with consent",
        "SOR/2021-181: else consent",
        "06-14 10:00",
        "allow CA-FRFI-HOURS",
        facts={"agreed_hours": {"from": "09:00", "to": "12:00"}},
    ),
    nb(
        "a credit grantor on Sunday 17:00",
        "NB Reg 2010-104 s. 9(2)(d)",
        "06-14 17:00",
        "deny CA-NB-HOURS",
        opens="06-15 07:00",
    ),
]

au = table("au", "third_party_collector", "Australia/Sydney").case
AU = "RG 96 part 2 ss. 4, 5"
AUSTRALIA = [
    au("a weekday, 07:30", AU, "06-10 07:30", "allow", strength="guideline"),
    au(
        "a weekday, 07:29",
        AU,
        "06-10 07:29",
        "deny AU-HOURS",
        opens="06-10 07:30",
        strength="guideline",
    ),
    au("Sunday 09:00", AU, "06-14 09:00", "allow"),
    au("Anzac Day", AU, "04-25 12:00", "deny AU-HOURS", opens="04-26 09:00", strength="guideline"),
    au(
        "Good Friday", AU, "04-03 12:00", "deny AU-HOURS", opens="04-04 09:00", strength="guideline"
    ),
    au("the King's Birthday is no national holiday", AU, "06-08 12:00", "allow"),
    au(
        "Adelaide, half an hour behind",
        AU,
        "06-10 07:20",
        "deny AU-HOURS",
        opens="06-10 07:30",
        strength="guideline",
        zones="Australia/Adelaide",
    ),
    au(
        "Sydney or Perth",
        AU,
        "06-10 09:00",
        "deny AU-HOURS",
        opens="06-10 09:30",
        strength="guideline",
        zones="Australia/Sydney Australia/Perth",
    ),
    au(
        "Broken Hill keeps Adelaide's clock",
        AU,
        "06-10 21:00",
        "deny AU-HOURS",
        opens="06-11 07:30",
        strength="guideline",
        zones="Australia/Broken_Hill",
    ),
    au(
        "work at 17:00",
        AU,
        "06-10 17:00",
        "deny AU-HOURS",
        opens="06-11 09:00",
        strength="guideline",
        facts={"number_kinds": {"N4": "workplace"}},
        number="N4",
    ),
    au(
        "work on Saturday",
        AU,
        "06-13 12:00",
        "deny AU-HOURS",
        opens="06-15 09:00",
        strength="guideline",
        facts={"number_kinds": {"N4": "workplace"}},
        number="N4",
    ),
    au(
        "a visit at 08:00",
        AU,
        "06-10 08:00",
        "deny AU-HOURS",
        opens="06-10 09:00",
        strength="guideline",
        channel="visit",
    ),
    au(
        "another account",
        AU,
        "06-19 10:00",
        "allow",
        history=daily("06-15", 3, "10:00 call conversation"),
        debts=["D2"],
    ),
    au(
        "a text sent is contact",
        AU,
        "06-18 10:00",
        "deny AU-FREQ",
        opens="06-22 07:30",
        strength="guideline",
        history=daily("06-15", 3, "10:00 sms sent"),
    ),
    au(
        "the eleventh of a month",
        AU,
        "06-26 10:00",
        "deny AU-FREQ",
        opens="07-01 07:30",
        strength="guideline",
        history=daily("06-01", 2, "10:00 call conversation")
        + daily("06-08", 3, "10:00 call conversation")
        + daily("06-15", 3, "10:00 call conversation")
        + daily("06-22", 2, "10:00 call conversation"),
    ),
]

in_ = table("in", "bank", "Asia/Kolkata").case
jp = table("jp", "lender", "Asia/Tokyo").case
kr = table("kr", "third_party_collector", "Asia/Seoul").case
id_ = table("id", "third_party_collector", "Asia/Jakarta").case
ph = table("ph.sec", "lending_company", "Asia/Manila").case
mx = table("mx", "third_party_collector", "America/Mexico_City").case
br = table("br.sp", "third_party_collector", "America/Sao_Paulo").case
it = table("it.unirec", "third_party_collector", "Europe/Rome").case
ro = table("ro", "third_party_collector", "Europe/Bucharest").case
za = table("za", "third_party_collector", "Africa/Johannesburg").case
KR16 = "개인금융채무자보호법 art. 16"
KR_SEVEN = (
    "06-08 10:00 call conversation\n"
    "06-08 11:00 sms sent\n"
    "06-09 12:00 call no_answer\n"
    "06-10 13:00 email sent\n"
    "06-11 14:00 letter sent\n"
    "06-12 15:00 sms sent\n"
    "06-13 16:00 call conversation\n"
)
ASIA = [
    in_("India, 08:00 at a half-hour zone", "RBI/2022-23/108", "06-10 08:00", "allow"),
    in_("India, 19:00", "RBI/2022-23/108", "06-10 19:00", "deny IN-HOURS", opens="06-11 08:00"),
    in_("India, 18:59:59", "RBI/2022-23/108", "06-10 18:59:59", "allow"),
    in_("India, a Sunday", "RBI/2022-23/108", "06-14 12:00", "allow"),
    jp("Japan, 20:59", "貸金業法 21(1)(i)", "06-10 20:59", "allow"),
    jp("Japan, 07:59", "貸金業法 21(1)(i)", "06-10 07:59", "deny JP-HOURS", opens="06-10 08:00"),
    jp(
        "Japan, by agreement",
        "貸金業法 21(1)(i); 監督指針",
        "06-10 21:10",
        "allow JP-HOURS",
        facts={"agreed_hours": {"from": "21:00", "to": "22:00"}},
    ),
    jp(
        "Japan, an e-mail at night",
        "貸金業法 21(1)(i): phone, fax, visit",
        "06-10 23:00",
        "allow",
        channel="email",
    ),
    jp(
        "Japan, a lawyer's notice",
        "貸金業法 21(1)(ix)",
        "06-10 11:00",
        "deny JP-ATTY",
        facts={"represented": {"debts": ["D1"], "attorney_known": True}},
    ),
    jp(
        "Japan, the workplace",
        "貸金業法 21(1)(iii)",
        "06-10 11:00",
        "deny JP-WORK",
        facts={"number_kinds": {"N4": "workplace"}},
        number="N4",
    ),
    jp(
        "Japan, a relative",
        "貸金業法 21(1)(viii)",
        "06-10 11:00",
        "deny JP-3P",
        party="third_party",
        number="T1",
    ),
    kr("Korea, 21:00", "채권추심법 art. 9", "06-10 21:00", "deny KR-HOURS", opens="06-11 08:00"),
    kr(
        "Korea, an e-mail at 07:00",
        "채권추심법 art. 9",
        "06-10 07:00",
        "deny KR-HOURS",
        opens="06-10 08:00",
        channel="email",
    ),
    kr(
        "Korea, the seventh",
        KR16,
        "06-13 18:00",
        "allow",
        history=KR_SEVEN.replace("06-13 16:00 call conversation\n", ""),
    ),
    kr(
        "Korea, a letter after seven",
        KR16,
        "06-14 11:00",
        "deny KR-7IN7",
        opens="06-15 00:00",
        history=KR_SEVEN,
        channel="letter",
    ),
    kr("Korea, another claim", KR16, "06-14 11:00", "allow", history=KR_SEVEN, debts=["D2"]),
    kr(
        "Korea, a legal notice",
        KR16,
        "06-14 11:00",
        "allow",
        history=KR_SEVEN,
        channel="letter",
        purpose="legal_notice",
    ),
    kr(
        "Korea, a same-day answer",
        KR16,
        "06-14 11:00",
        "allow",
        history=KR_SEVEN + "06-14 10:00 sms received in",
        channel="sms",
        in_reply=True,
    ),
    kr(
        "Korea, a same-day answer of the past is not counted",
        KR16,
        "06-14 11:00",
        "allow",
        history=KR_SEVEN.replace(
            "06-10 13:00 email sent", "06-10 12:30 email received in\n06-10 13:00 email sent"
        ),
    ),
    kr(
        "Korea, an answer to somebody else is none to the debtor",
        KR16,
        "06-14 11:00",
        "deny KR-7IN7",
        opens="06-15 08:00",
        history=KR_SEVEN.replace(
            "06-10 13:00 email sent",
            "06-10 12:30 email received in party=third_party\n06-10 13:00 email sent",
        ),
    ),
    kr(
        "Korea, an answer on the next day counts",
        KR16,
        "06-14 11:00",
        "deny KR-7IN7",
        opens="06-15 08:00",
        history=KR_SEVEN.replace(
            "06-10 13:00 email sent", "06-09 22:00 email received in\n06-10 13:00 email sent"
        ),
    ),
    kr(
        "Korea, a bar by the debtor",
        "개인금융채무자보호법 art. 18",
        "06-10 12:30",
        "deny KR-REQUEST",
        opens="06-10 13:00",
        facts={
            "inconvenient": [
                {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "13:00"}
            ]
        },
    ),
    kr(
        "Korea, a means that was barred",
        "개인금융채무자보호법 art. 18",
        "06-10 12:30",
        "deny KR-REQUEST",
        facts={"medium_optout": [{"medium": "sms"}]},
        channel="sms",
    ),
    id_("Indonesia, Saturday 19:59", "POJK 22/2023 art. 62", "06-13 19:59", "allow"),
    id_(
        "Indonesia, Saturday 20:00",
        "POJK 22/2023 art. 62",
        "06-13 20:00",
        "deny ID-HOURS",
        opens="06-15 08:00",
    ),
    id_(
        "Indonesia, a holiday by decree",
        "POJK 22/2023 art. 62",
        "03-20 10:00",
        "deny ID-HOURS",
        opens="03-21 08:00",
        facts={"holidays": ["2026-03-20"]},
    ),
    id_(
        "Indonesia, Jakarta or Makassar",
        "POJK 22/2023 art. 62",
        "06-10 19:30",
        "deny ID-HOURS",
        opens="06-11 08:00",
        zones="Asia/Jakarta Asia/Makassar",
    ),
    id_(
        "Indonesia, by agreement on Sunday",
        "POJK 22/2023 art. 62(3)",
        "06-14 10:00",
        "allow ID-HOURS",
        facts={"agreed_hours": {"from": "09:00", "to": "12:00"}},
    ),
    ph(
        "Philippines, 15 days are not more than 15",
        "SEC MC 18 s. 2019 s. 1",
        "06-10 22:30",
        "deny PH-SEC-HOURS",
        opens="06-11 06:00",
        facts={"days_past_due": 15},
    ),
    ph(
        "Philippines, 16 days",
        "SEC MC 18 s. 2019 s. 1",
        "06-10 22:30",
        "allow PH-SEC-HOURS",
        facts={"days_past_due": 16},
    ),
    ph(
        "Philippines, days not known",
        "SEC MC 18 s. 2019 s. 1",
        "06-10 22:30",
        "deny PH-SEC-HOURS",
        opens="06-11 06:00",
    ),
    ph(
        "Philippines, express consent",
        "SEC MC 18 s. 2019 s. 1",
        "06-10 22:30",
        "allow PH-SEC-HOURS",
        facts={"days_past_due": 10, "agreed_hours": {"from": "22:00", "to": "23:00"}},
    ),
]
AMERICAS_AFRICA_EUROPE = [
    mx("Mexico, 21:59", "CONDUSEF", "07-15 21:59", "allow"),
    mx("Mexico, 22:00", "CONDUSEF", "07-15 22:00", "deny MX-HOURS", opens="07-16 07:00"),
    mx(
        "Mexico, Ciudad Juárez keeps US daylight saving",
        "CONDUSEF",
        "07-15 21:30",
        "deny MX-HOURS",
        opens="07-16 07:00",
        zones="America/Mexico_City America/Cancun",
    ),
    mx(
        "Mexico, a relative",
        "CONDUSEF",
        "07-15 12:00",
        "deny MX-HOURS",
        party="third_party",
        number="T1",
    ),
    br("São Paulo, Saturday 13:59", "Lei (SP) 15.426/2014 art. 2", "06-13 13:59", "allow"),
    br(
        "São Paulo, Sunday",
        "Lei (SP) 15.426/2014 art. 2",
        "06-14 10:00",
        "deny BR-SP-HOURS",
        opens="06-15 08:00",
    ),
    br(
        "São Paulo, a holiday of the facts",
        "Lei (SP) 15.426/2014 art. 2",
        "07-09 10:00",
        "deny BR-SP-HOURS",
        opens="07-10 08:00",
        facts={"holidays": ["2026-07-09"]},
    ),
    br(
        "São Paulo, a text has no hour",
        "Lei (SP) 15.426/2014 art. 2: calls",
        "06-14 10:00",
        "allow",
        channel="sms",
    ),
    it(
        "Italy, three in a week, a fourth",
        "Codice UNIREC",
        "06-11 10:00",
        "deny IT-UNIREC-FREQ",
        opens="06-15 08:30",
        strength="industry_code",
        history=daily("06-08", 3, "10:00 call conversation"),
    ),
    it(
        "Italy, tries are no conversations",
        "Codice UNIREC",
        "06-11 10:00",
        "allow",
        history=daily("06-08", 3, "10:00 call no_answer"),
    ),
    it(
        "Italy, Saturday 15:00",
        "Codice UNIREC",
        "06-13 15:00",
        "deny IT-UNIREC-FREQ",
        opens="06-15 08:30",
        strength="industry_code",
    ),
    it(
        "Italy, the Republic's day",
        "Codice UNIREC",
        "06-02 10:00",
        "deny IT-UNIREC-FREQ",
        opens="06-03 08:30",
        strength="industry_code",
    ),
    it(
        "Italy, a second talk was agreed",
        "Codice UNIREC: salvo accordo",
        "06-10 16:00",
        "allow IT-UNIREC-FREQ",
        history="06-10 10:00 call conversation",
        facts={
            "consent": [
                {
                    "scope": "call me again at 16:00",
                    "given_to": "collector",
                    "at": "2026-06-10T08:05:00Z",
                }
            ]
        },
    ),
    ro(
        "Romania, Saturday 08:30",
        "AMCC",
        "06-13 08:30",
        "deny RO-AMCC",
        opens="06-13 09:00",
        strength="industry_code",
    ),
    ro(
        "Romania, asked for",
        "AMCC: unless asked",
        "06-14 10:00",
        "allow RO-AMCC",
        facts={"agreed_hours": {"from": "09:00", "to": "12:00"}},
    ),
    za("South Africa, 06:00", "GN R663/2003", "06-10 06:00", "allow"),
    za(
        "South Africa, 21:00 on Saturday",
        "GN R663/2003",
        "06-13 21:00",
        "deny ZA-HOURS",
        opens="06-15 06:00",
        strength="industry_code",
    ),
]

CASES = [*UK, *ONTARIO, *CANADA, *AUSTRALIA, *ASIA, *AMERICAS_AFRICA_EUROPE]
