"""中国：信用卡与互联网消费信贷 — China's rules by the catalogue's own edges."""

from __future__ import annotations

from tests.compliance.law.case import daily, table

card = table("cn.card", "bank", "Asia/Shanghai").case
gbt = table("cn.gbt", "agency", "Asia/Shanghai").case
CBA = "中国银行业协会《金融机构个人消费类贷款催收工作指引（试行）》(2026-01-30)"
GBT = "GB/T 45251-2025, 5.3"
AGREED = {"agreed_hours": {"from": "22:00", "to": "23:00", "evidence": "signed 2026-06-01"}}
SIX = "".join(f"06-10 {h:02}:00 call no_answer\n" for h in (8, 10, 12, 14, 16, 18))
GONE = daily("06-07", 3, "10:00 call no_answer")
FRIEND = {"number": "T1", "party": "unrelated_third_party"}
ASK = {**FRIEND, "purpose": "locate_or_pass_on"}

HOURS = [
    card("08:00:00 opens", CBA, "06-10 08:00:00", "allow"),
    card("07:59:59", CBA, "06-10 07:59:59", "deny CN-HRS-CBA CN-HRS-GBT", opens="06-10 08:00"),
    card(
        "a text at 22:30",
        CBA,
        "06-10 22:30",
        "deny CN-HRS-CBA CN-HRS-GBT",
        opens="06-11 08:00",
        channel="sms",
    ),
    card(
        "a message at 06:00",
        CBA,
        "06-10 06:00",
        "deny CN-HRS-CBA CN-HRS-GBT",
        opens="06-10 08:00",
        channel="im",
    ),
    card(
        "a visit at 22:00",
        CBA,
        "06-10 22:00",
        "deny CN-HRS-CBA CN-HRS-GBT",
        opens="06-11 08:00",
        channel="visit",
    ),
    card(
        "an e-mail at night is the standard's matter alone",
        GBT,
        "06-10 22:30",
        "deny CN-HRS-GBT",
        opens="06-11 08:00",
        strength="recommendation",
        channel="email",
    ),
    card("a letter has no hour", CBA, "06-10 23:00", "allow", channel="letter"),
    card(
        "Ürümqi keeps Beijing's legal hours",
        CBA,
        "06-10 20:30",
        "deny CN-HRS-CBA CN-HRS-GBT",
        opens="06-11 06:00",
        zones="Asia/Urumqi",
    ),
    card(
        "Ürümqi at 06:00 of its own clock is 08:00",
        CBA,
        "06-10 06:00",
        "allow",
        zones="Asia/Urumqi",
    ),
    card("a Sunday", CBA, "06-14 10:00", "allow"),
    card("National Day", CBA, "10-01 10:00", "allow"),
    card("agreed to 22:00-23:00: 22:00", CBA, "06-10 22:00", "allow CN-HRS-CBA", facts=AGREED),
    card(
        "agreed to 22:00-23:00: 23:00 is outside",
        CBA,
        "06-10 23:00",
        "deny CN-HRS-CBA CN-HRS-GBT",
        opens="06-11 08:00",
        facts=AGREED,
    ),
    card(
        "an agency is bound alike",
        CBA,
        "06-10 22:00",
        "deny CN-HRS-CBA CN-HRS-GBT",
        opens="06-11 08:00",
        actor="agency",
    ),
    gbt(
        "GB/T: 22:00",
        GBT,
        "06-10 22:00",
        "deny CN-HRS-GBT",
        opens="06-11 08:00",
        strength="recommendation",
    ),
    gbt("GB/T: an agreement displaces the hours", GBT, "06-10 22:30", "allow", facts=AGREED),
]

FREQUENCY = [
    card(
        "six unanswered dials, a seventh",
        CBA,
        "06-10 20:00",
        "deny CN-FREQ-CBA-ATT6",
        opens="06-11 08:00",
        strength="recommendation",
        history=SIX,
    ),
    card(
        "five unanswered dials, a sixth",
        CBA,
        "06-10 20:00",
        "allow",
        history=SIX.replace("06-10 08:00 call no_answer\n", ""),
    ),
    card(
        "an answered one is not among the six",
        CBA,
        "06-10 20:00",
        "allow",
        history=SIX.replace("08:00 call no_answer", "08:00 call conversation"),
    ),
    card(
        "a voicemail is no answer",
        CBA,
        "06-10 20:00",
        "deny CN-FREQ-CBA-ATT6",
        opens="06-11 08:00",
        strength="recommendation",
        history=SIX.replace("no_answer", "voicemail_no_message"),
    ),
    card(
        "texts are no dials",
        CBA,
        "06-10 20:00",
        "allow",
        history=SIX.replace("call no_answer", "sms sent"),
    ),
    card("six dials bar no text", CBA, "06-10 20:00", "allow", history=SIX, channel="sms"),
    card(
        "another debt, the same number",
        CBA,
        "06-10 20:00",
        "deny CN-FREQ-CBA-ATT6",
        opens="06-11 08:00",
        strength="recommendation",
        history=SIX,
        debts=["D2"],
    ),
    card(
        "the bank's dials and its agency's",
        CBA,
        "06-10 20:00",
        "deny CN-FREQ-CBA-ATT6",
        opens="06-11 08:00",
        strength="recommendation",
        history=SIX.replace("call no_answer", "call no_answer by=bank"),
        actor="agency",
        by="agency-7",
    ),
    card(
        "more were agreed",
        CBA + ": 另有约定的除外",
        "06-10 20:00",
        "allow CN-FREQ-CBA-ATT6",
        history=SIX,
        facts={
            "consent": [
                {
                    "scope": "more than six calls today",
                    "given_to": "bank",
                    "at": "2026-06-09T01:00:00Z",
                }
            ]
        },
    ),
    card(
        "a Beijing day in Ürümqi",
        CBA,
        "06-10 19:00",
        "deny CN-FREQ-CBA-ATT6",
        opens="06-11 06:00",
        strength="recommendation",
        history="".join(f"06-10 {h:02}:00 call no_answer\n" for h in range(7, 13)),
        zones="Asia/Urumqi",
    ),
    card(
        "three talks, a fourth",
        GBT,
        "06-10 19:00",
        "deny CN-FREQ-GBT-CONV3",
        opens="06-11 08:00",
        strength="recommendation",
        history=(
            "06-10 09:00 call conversation\n"
            "06-10 12:00 call conversation\n"
            "06-10 15:00 call conversation"
        ),
    ),
    gbt(
        "two talks, a third",
        GBT,
        "06-10 19:00",
        "allow",
        history="06-10 09:00 call conversation\n06-10 12:00 call conversation",
    ),
    gbt("unanswered calls are no talks", GBT, "06-10 19:00", "allow", history=SIX),
    gbt(
        "the talks of any number",
        GBT,
        "06-10 19:00",
        "deny CN-FREQ-GBT-CONV3",
        opens="06-11 08:00",
        strength="recommendation",
        history=(
            "06-10 09:00 call conversation\n"
            "06-10 12:00 call conversation number=N2\n"
            "06-10 15:00 call conversation number=N3"
        ),
        number="N4",
    ),
    gbt(
        "yesterday's talks",
        GBT,
        "06-11 08:00",
        "allow",
        history=(
            "06-10 09:00 call conversation\n"
            "06-10 12:00 call conversation\n"
            "06-10 21:50 call conversation"
        ),
    ),
    gbt(
        "a smart voice is a talk too",
        GBT,
        "06-10 19:00",
        "deny CN-FREQ-GBT-CONV3",
        opens="06-11 08:00",
        strength="recommendation",
        history=(
            "06-10 09:00 call conversation\n"
            "06-10 12:00 call conversation\n"
            "06-10 15:00 call conversation"
        ),
        mode="ai_voice",
    ),
    gbt(
        "notices: three connected by bank and agencies, a fourth",
        "NIFA 2024; GB/T 45251-2025",
        "06-10 19:00",
        "deny CN-FREQ-GBT-NOTIFY3",
        opens="06-11 08:00",
        strength="recommendation",
        history=(
            "06-10 09:00 call message_played by=bank\n"
            "06-10 12:00 call message_played by=agency-7\n"
            "06-10 15:00 call answered_dropped by=agency-8"
        ),
        mode="prerecorded",
        by="agency-7",
    ),
    gbt(
        "notices that nobody took do not count",
        "NIFA 2024; GB/T 45251-2025",
        "06-10 19:00",
        "allow",
        history=SIX,
        mode="prerecorded",
    ),
]

THIRD = [
    card(
        "a friend, two days without answer",
        CBA,
        "06-10 11:00",
        "deny CN-3P-CBA",
        history=daily("06-08", 2, "10:00 call no_answer"),
        **ASK,
    ),
    card(
        "a friend, the number is dead",
        CBA,
        "06-10 11:00",
        "allow CN-3P-CBA",
        history="06-09 10:00 call not_in_service",
        **ASK,
    ),
    card(
        "a friend who refused before",
        CBA,
        "06-10 11:00",
        "deny CN-3P-CBA",
        history=GONE
        + "06-09 15:00 call conversation_refused number=T1 party=unrelated_third_party",
        **ASK,
    ),
    card(
        "a friend, and the debtor called in meanwhile",
        CBA,
        "06-10 11:00",
        "deny CN-3P-CBA",
        history=GONE + "06-10 09:00 call conversation in",
        **ASK,
    ),
    card(
        "a friend is asked to pay though the debtor is gone",
        "商业银行信用卡业务监督管理办法 art. 68",
        "06-10 11:00",
        "deny CN-3P-CBRC68 CN-3P-CBA",
        history=GONE,
        **FRIEND,
    ),
    card(
        "a friend at 22:10",
        CBA,
        "06-10 22:10",
        "deny CN-HRS-CBA CN-HRS-GBT",
        opens="06-11 08:00",
        history=daily("06-08", 3, "10:00 call no_answer"),
        **ASK,
    ),
    card(
        "the guarantor",
        "商业银行信用卡业务监督管理办法 art. 68",
        "06-10 11:00",
        "allow",
        party="guarantor",
        number="T1",
    ),
    card(
        "the spouse is asked to pay",
        "商业银行信用卡业务监督管理办法 art. 68",
        "06-10 11:00",
        "deny CN-3P-CBRC68",
        party="spouse",
        number="T1",
    ),
    card(
        "the spouse, for a family debt, is told",
        CBA,
        "06-10 11:00",
        "allow",
        party="spouse",
        number="T1",
        purpose="locate_or_pass_on",
    ),
    gbt(
        "GB/T: a listed contact while the debtor answers",
        GBT,
        "06-10 11:00",
        "deny CN-3P-GBT",
        strength="recommendation",
        history="06-09 10:00 call conversation",
        **ASK,
    ),
    gbt(
        "GB/T: a listed contact, the debtor gone",
        GBT,
        "06-10 11:00",
        "allow CN-3P-GBT",
        history=GONE,
        **ASK,
    ),
    gbt(
        "GB/T: not again once refused",
        GBT,
        "06-10 11:00",
        "deny CN-3P-GBT",
        strength="recommendation",
        history=GONE
        + "06-09 15:00 call conversation_refused number=T1 party=unrelated_third_party",
        **ASK,
    ),
]

OTHERS = [
    card(
        "an objection is noted and checked, the call stays open",
        "商业银行信用卡业务监督管理办法 art. 69",
        "06-10 11:00",
        "allow",
        facts={
            "dispute": {"debts": ["D1"], "received_at": "2026-06-08T14:00:00Z", "in_writing": True}
        },
    ),
    card(
        "seven days between cycles are not a cooldown",
        "CN-GBT-7D: meaning unclear",
        "06-10 11:00",
        "allow",
        history="06-08 10:00 call conversation",
    ),
]

CASES = [*HOURS, *FREQUENCY, *THIRD, *OTHERS]
