"""States, cities and the federal law beside Regulation F."""

from __future__ import annotations

from tests.compliance.law.case import daily, table

TEXTS = {"sms_consent_direct_at": "2026-06-01T14:00:00Z"}
MAIL = {"channel": "email", "has_optout_notice": True}
TEXT = {"channel": "sms", "has_optout_notice": True}
WORK = {"number_kinds": {"N4": "workplace"}}

ma = table("us.ma.creditor", "creditor", "America/New_York", state="MA").case
ma_coll = table(
    "us.ma.collector us.regf", "third_party_collector", "America/New_York", state="MA"
).case
TWO = "06-01 10:00 call voicemail_message\n06-03 10:00 sms sent\n"
CRED = "940 CMR 7.04(1)(f); Armata v. Target, 480 Mass. 14 (2018)"
COLL = "209 CMR 18.16(1)(d)"
MASSACHUSETTS = [
    ma(
        "creditor: the second of the week",
        CRED,
        "06-05 10:00",
        "allow",
        history="06-01 10:00 call voicemail_message",
    ),
    ma(
        "creditor: a call and a text, then a call",
        CRED,
        "06-05 10:00",
        "deny US-MA-CRED-2IN7",
        opens="06-08 08:00",
        history=TWO,
    ),
    ma(
        "creditor: a call and a text, then a text",
        CRED,
        "06-05 10:00",
        "deny US-MA-CRED-2IN7",
        opens="06-08 00:00",
        history=TWO,
        **TEXT,
    ),
    ma("creditor: the eighth day", CRED, "06-08 08:00", "allow", history=TWO),
    ma("creditor: per debt", CRED, "06-05 10:00", "allow", history=TWO, debts=["D2"]),
    ma("creditor: an e-mail is outside", CRED, "06-05 10:00", "allow", history=TWO, **MAIL),
    ma(
        "creditor: busy, no way to leave word",
        CRED,
        "06-05 10:00",
        "allow",
        history="06-01 10:00 call busy\n06-03 10:00 call busy",
    ),
    ma(
        "creditor: not started by the creditor",
        CRED,
        "06-05 10:00",
        "allow",
        history="06-01 10:00 call conversation in\n06-03 10:00 call conversation in",
    ),
    ma(
        "creditor: a work number, the third in thirty days",
        CRED,
        "06-25 10:00",
        "deny US-MA-CRED-2IN7",
        opens="07-01 08:00",
        history=(
            "06-01 10:00 call voicemail_message number=N4\n"
            "06-12 10:00 call voicemail_message number=N4"
        ),
        facts=WORK,
        number="N4",
    ),
    ma(
        "creditor: 21:00 is closed",
        "940 CMR 7.04(1)",
        "06-05 21:00",
        "deny US-MA-HOURS",
        opens="06-06 08:00",
    ),
    ma(
        "creditor: not at work, as was asked",
        "940 CMR 7.04(1)",
        "06-05 10:00",
        "deny US-MA-WORKREQ",
        facts={**WORK, "inconvenient_places": ["work"]},
        number="N4",
    ),
    ma(
        "creditor: a household member for the third time",
        "940 CMR 7.05(3)(d)",
        "06-05 10:00",
        "deny US-MA-HH",
        opens="06-08 08:00",
        history=(
            "06-01 10:00 call no_answer party=household\n"
            "06-03 10:00 call conversation party=household"
        ),
        party="household",
    ),
    ma(
        "creditor: a collector is bound by its own rule",
        CRED,
        "06-05 10:00",
        "allow",
        history=TWO,
        actor="third_party_collector",
    ),
    ma_coll(
        "collector: calls alone",
        COLL,
        "06-05 10:00",
        "deny US-MA-COLL-2IN7",
        opens="06-08 08:00",
        history="06-01 10:00 call voicemail_message\n06-03 10:00 call voicemail_message",
    ),
    ma_coll(
        "collector: the second in the week",
        COLL,
        "06-05 10:00",
        "allow",
        history="06-01 10:00 call voicemail_message",
    ),
    ma_coll(
        "collector: a talk yesterday, two rules bar",
        COLL,
        "06-05 10:00",
        "deny US-MA-COLL-2IN7 US-REGF-COOL7",
        opens="06-11 08:00",
        history="06-01 10:00 call voicemail_message\n06-04 10:00 call conversation",
    ),
    ma_coll(
        "collector: 07:30",
        "209 CMR 18.16(1)(a); 12 CFR 1006.6(b)(1)(i)",
        "06-05 07:30",
        "deny US-MA-HOURS US-REGF-HOURS",
        opens="06-05 08:00",
    ),
]

wa = table("us.wa us.regf", "third_party_collector", "America/Los_Angeles", state="WA").case
WASHINGTON = [
    wa(
        "two communications, a third",
        "RCW 19.16.250(13)(a)",
        "06-11 10:00",
        "allow",
        history="06-08 10:00 call voicemail_message\n06-09 10:00 letter sent",
    ),
    wa(
        "tries that reach nobody are no communications",
        "RCW 19.16.250(13)(a)",
        "06-11 10:00",
        "allow",
        history=daily("06-08", 3, "10:00 call no_answer"),
    ),
    wa(
        "any debt",
        "RCW 19.16.250(13)(a)",
        "06-11 10:00",
        "deny US-WA-3WK",
        opens="06-15 08:00",
        strength="presumption",
        history=daily("06-08", 3, "10:00 call voicemail_message"),
        debts=["D2"],
    ),
    wa(
        "a letter after three",
        "RCW 19.16.250(13)(a)",
        "06-11 10:00",
        "deny US-WA-3WK",
        opens="06-15 00:00",
        strength="presumption",
        history=daily("06-08", 3, "10:00 call voicemail_message"),
        channel="letter",
    ),
    wa(
        "at work a second time",
        "RCW 19.16.250(13)(b)",
        "06-11 10:00",
        "deny US-WA-3WK",
        opens="06-15 08:00",
        strength="presumption",
        history="06-08 10:00 call voicemail_message number=N4",
        facts=WORK,
        number="N4",
    ),
    wa(
        "at work a first time",
        "RCW 19.16.250(13)(b)",
        "06-11 10:00",
        "allow",
        history="06-08 10:00 call voicemail_message",
        facts={"number_kinds": {"N1": "mobile", "N4": "workplace"}},
        number="N4",
    ),
    wa(
        "07:20: both laws are closed",
        "RCW 19.16.250(13)(c)",
        "06-11 07:20",
        "deny US-REGF-HOURS US-WA-HOURS",
        opens="06-11 08:00",
    ),
    wa(
        "the spouse's communications are in the same count",
        "RCW 19.16.250(13)(a): debtor or spouse",
        "06-11 10:00",
        "deny US-WA-3WK",
        opens="06-15 08:00",
        strength="presumption",
        history=(
            "06-08 10:00 call voicemail_message\n"
            "06-09 10:00 call voicemail_message\n"
            "06-10 10:00 call voicemail_message party=spouse number=N2"
        ),
    ),
]

nyc = table(
    "us.ny.nyc us.regf", "third_party_collector", "America/New_York", city="New York City"
).case
THREE = "09-21 10:00 call no_answer\n09-22 10:00 email sent\n09-23 10:00 sms sent\n"
NYC = [
    nyc(
        "before 1 September 2026",
        "6 RCNY 5-77 as amended, in force 1 September 2026",
        "08-27 10:00",
        "allow",
        history=THREE.replace("09-21", "08-24").replace("09-22", "08-25").replace("09-23", "08-26"),
    ),
    nyc(
        "the third attempt",
        "6 RCNY 5-77 as amended",
        "09-24 10:00",
        "allow",
        history="09-21 10:00 call no_answer\n09-22 10:00 email sent",
    ),
    nyc("the eighth day", "6 RCNY 5-77 as amended", "09-28 08:00", "allow", history=THREE),
    nyc(
        "another account",
        "6 RCNY 5-77 as amended",
        "09-24 10:00",
        "allow",
        history=THREE,
        debts=["D2"],
    ),
    nyc(
        "an original creditor",
        "6 RCNY 5-77 as amended",
        "09-24 10:00",
        "deny US-NYC-3IN7",
        opens="09-28 00:00",
        history=THREE,
        actor="creditor",
        packs="us.ny.nyc",
    ),
    nyc(
        "busy is an attempt",
        "6 RCNY 5-77 as amended",
        "09-24 10:00",
        "deny US-NYC-3IN7",
        opens="09-28 08:00",
        history=daily("09-21", 3, "10:00 call busy"),
    ),
    nyc(
        "a text without written consent",
        "6 RCNY 5-77 as amended",
        "09-24 10:00",
        "deny US-NYC-ELEC",
        facts={"sms_consent_direct_at": "2026-09-01T14:00:00Z"},
        **TEXT,
    ),
    nyc(
        "a text with written consent",
        "6 RCNY 5-77 as amended",
        "09-24 10:00",
        "allow",
        facts={"sms_consent_direct_at": "2026-09-01T14:00:00Z", "electronic_consent": True},
        **TEXT,
    ),
    nyc(
        "an e-mail, consent refused",
        "6 RCNY 5-77 as amended",
        "09-24 10:00",
        "deny US-NYC-ELEC",
        facts={"email_basis": "direct consent", "electronic_consent": False},
        **MAIL,
    ),
]

dc = table("us.dc us.regf", "third_party_collector", "America/New_York", state="DC").case
DC = [
    dc(
        "the fourth call",
        "D.C. Code 28-3814",
        "06-12 10:00",
        "allow",
        history=daily("06-08", 3, "10:00 call no_answer"),
    ),
    dc(
        "the eighth day",
        "D.C. Code 28-3814",
        "06-15 08:00",
        "allow",
        history=daily("06-08", 4, "10:00 call no_answer"),
    ),
    dc(
        "another account",
        "D.C. Code 28-3814",
        "06-12 10:00",
        "allow",
        history=daily("06-08", 4, "10:00 call no_answer"),
        debts=["D2"],
    ),
    dc(
        "a creditor",
        "D.C. Code 28-3814",
        "06-12 10:00",
        "deny US-DC-4IN7",
        opens="06-15 00:00",
        history=daily("06-08", 4, "10:00 call no_answer"),
        actor="creditor",
        packs="us.dc",
    ),
    dc(
        "texts are no calls",
        "D.C. Code 28-3814",
        "06-12 10:00",
        "allow",
        history=daily("06-08", 4, "10:00 sms sent"),
    ),
    dc(
        "the fifth message",
        "D.C. Code 28-3814",
        "06-12 10:00",
        "allow",
        history=daily("06-08", 4, "10:00 email sent"),
        facts={"electronic_consent": True, "email_basis": "direct consent"},
        **MAIL,
    ),
    dc(
        "a message without consent",
        "D.C. Code 28-3814",
        "06-12 10:00",
        "deny US-DC-ELEC5",
        facts={"email_basis": "direct consent"},
        **MAIL,
    ),
    dc(
        "a message that asks for consent",
        "D.C. Code 28-3814",
        "06-12 10:00",
        "allow",
        facts={"email_basis": "direct consent"},
        content="consent_request",
        **MAIL,
    ),
    dc(
        "a second message that asks for consent, by another medium",
        "D.C. Code 28-3814",
        "06-12 10:00",
        "deny US-DC-ELEC5",
        opens="06-17 08:00",
        history="06-10 10:00 sms sent",
        facts={"email_basis": "direct consent"},
        content="consent_request",
        **MAIL,
    ),
]

fl = table("us.fl", "creditor", "America/New_York", state="FL").case
FL = [
    fl(
        "a creditor's call at 21:00",
        "Fla. Stat. 559.72(17)",
        "06-10 21:00",
        "deny US-FL-HOURS",
        opens="06-11 08:00",
    ),
    fl(
        "a creditor's text at 22:00",
        "Fla. Stat. 559.72(17)",
        "06-10 22:00",
        "deny US-FL-HOURS",
        opens="06-11 08:00",
        channel="sms",
    ),
    fl("a creditor's call at 20:59", "Fla. Stat. 559.72(17)", "06-10 20:59", "allow"),
    fl(
        "with the debtor's consent",
        "Fla. Stat. 559.72(17)",
        "06-10 22:00",
        "allow US-FL-HOURS",
        facts={"agreed_hours": {"from": "21:00", "to": "23:00"}},
    ),
    fl(
        "Pensacola and Miami: the panhandle's clock is behind",
        "Fla. Stat. 559.72(17)",
        "06-10 08:30",
        "deny US-FL-HOURS",
        opens="06-10 09:00",
        zones="America/New_York America/Chicago",
    ),
    fl(
        "a collector's text at 22:00: two laws",
        "Fla. Stat. 559.72(17); 12 CFR 1006.6(b)(1)(i)",
        "06-10 22:00",
        "deny US-FL-HOURS US-REGF-HOURS",
        opens="06-11 08:00",
        actor="third_party_collector",
        packs="us.fl us.regf",
        facts=TEXTS,
        **TEXT,
    ),
    fl("sales hours are not for collecting", "Fla. Stat. 501.616", "06-10 20:30", "allow"),
]

tcpa = table("us.tcpa us.regf", "third_party_collector", "America/New_York").case
MOBILE = {"number_kinds": {"N1": "mobile"}, "tcpa_consent": False}
LAND = {"number_kinds": {"N1": "home_landline"}, "tcpa_consent": False}
TCPA = [
    tcpa(
        "an agent dials a mobile",
        "47 CFR 64.1200(a)(1)(iii); Facebook v. Duguid",
        "06-10 11:00",
        "allow",
        facts=MOBILE,
    ),
    tcpa(
        "a list dialer with live agents",
        "47 CFR 64.1200(a)(1)(iii); Facebook v. Duguid",
        "06-10 11:00",
        "allow",
        facts=MOBILE,
        mode="predictive",
    ),
    tcpa(
        "a recorded message with consent",
        "47 CFR 64.1200(a)(1)(iii)",
        "06-10 11:00",
        "allow",
        facts={**MOBILE, "tcpa_consent": True},
        mode="prerecorded",
    ),
    tcpa(
        "a voice made by AI with consent",
        "FCC 24-17",
        "06-10 11:00",
        "allow",
        facts={**MOBILE, "tcpa_consent": True},
        mode="ai_voice",
    ),
    tcpa(
        "consent that is not recorded is none",
        "47 CFR 64.1200(a)(1)(iii)",
        "06-10 11:00",
        "deny US-TCPA-CONSENT",
        facts={"number_kinds": {"N1": "mobile"}},
        mode="prerecorded",
    ),
    tcpa(
        "a number whose kind is not known is taken for a mobile",
        "47 CFR 64.1200(a)(1)(iii)",
        "06-10 11:00",
        "deny US-TCPA-CONSENT",
        mode="prerecorded",
    ),
    tcpa(
        "a recorded message to a landline, the first",
        "47 CFR 64.1200(a)(3)(iii)",
        "06-10 11:00",
        "allow",
        facts=LAND,
        mode="prerecorded",
    ),
    tcpa(
        "a recorded message to a landline, the fourth in thirty days",
        "47 CFR 64.1200(a)(3)(iii)",
        "06-20 11:00",
        "deny US-TCPA-RES3",
        opens="07-01 08:00",
        history=(
            "06-01 10:00 call voicemail_message\n"
            "06-08 10:00 call no_answer\n"
            "06-15 10:00 call voicemail_message"
        ),
        facts=LAND,
        mode="prerecorded",
    ),
    tcpa(
        "recorded at night: two rules",
        "47 CFR 64.1200(a)(1)(iii); 12 CFR 1006.6(b)(1)(i)",
        "06-10 22:00",
        "deny US-REGF-HOURS US-TCPA-CONSENT",
        facts=MOBILE,
        mode="prerecorded",
    ),
    tcpa(
        "the TCPA's own hours are for sales",
        "47 CFR 64.1200(c)(1)",
        "06-10 22:00",
        "allow",
        actor="creditor",
        packs="us.tcpa",
        facts=MOBILE,
    ),
    tcpa(
        "STOP: Regulation F has no ten days",
        "12 CFR 1006.14(h); 47 CFR 64.1200(a)(10)",
        "06-11 11:00",
        "deny US-REGF-MEDIUM",
        history="06-10 11:00 sms STOP in",
        facts=TEXTS,
        **TEXT,
    ),
    tcpa(
        "STOP: a creditor, after ten business days",
        "47 CFR 64.1200(a)(10)",
        "06-25 11:00",
        "deny US-TCPA-REVOKE",
        history="06-10 11:00 sms STOP in",
        facts=TEXTS,
        actor="creditor",
        packs="us.tcpa",
        **TEXT,
    ),
    tcpa(
        "STOP: the confirmation within five minutes",
        "47 CFR 64.1200(a)(12)",
        "06-10 11:04",
        "allow",
        history="06-10 11:00 sms STOP in",
        content="optout_confirmation",
        **TEXT,
    ),
]

TCPA += [
    tcpa(
        "STOP to a text in 2026 leaves recorded calls their consent",
        "47 CFR 64.1200(a)(10); DA 26-12",
        "2026-12-15 11:00",
        "allow",
        history="11-02 11:00 sms STOP in",
        facts={**MOBILE, "tcpa_consent": True},
        mode="prerecorded",
    ),
    tcpa(
        "from 31 January 2027 one revocation is for all",
        "47 CFR 64.1200(a)(10); DA 26-12",
        "2027-02-15 11:00",
        "deny US-TCPA-REVOKE",
        history="12-15 11:00 sms STOP in",
        facts={**MOBILE, "tcpa_consent": True},
        mode="prerecorded",
    ),
    tcpa(
        "from 31 January 2027 too an agent may call",
        "47 CFR 64.1200(a)(10): consent is what was revoked",
        "2027-02-15 11:00",
        "allow",
        history="12-15 11:00 sms STOP in",
        facts=MOBILE,
    ),
]

bk = table("us.bankruptcy us.regf", "third_party_collector", "America/New_York").case
PETITION = {"bankruptcy": {"filed": "2026-06-08", "notice_at": "2026-06-09T14:00:00Z"}}
BANKRUPTCY = [
    bk("the day before the petition", "11 USC 362(a)", "06-07 11:00", "allow", facts=PETITION),
    bk(
        "the stay is there from the petition, noticed or not",
        "11 USC 362(a)(6)",
        "06-09 09:00",
        "deny US-BK-STAY",
        facts=PETITION,
    ),
    bk(
        "a letter",
        "11 USC 362(a)(6)",
        "06-10 11:00",
        "deny US-BK-STAY",
        facts=PETITION,
        channel="letter",
    ),
    bk(
        "a creditor",
        "11 USC 362(a)(6)",
        "06-10 11:00",
        "deny US-BK-STAY",
        facts=PETITION,
        actor="creditor",
        packs="us.bankruptcy",
    ),
]

west = table("us.wv", "creditor", "America/New_York", state="WV").case
oregon = table("us.or us.regf", "third_party_collector", "America/Los_Angeles", state="OR").case
california = table("us.ca", "creditor", "America/Los_Angeles", state="CA").case
OTHERS = [
    west(
        "the 31st call of a week",
        "W. Va. Code 46A-2-125(d)",
        "06-09 20:00",
        "deny US-WV-30-10",
        opens="06-11 08:00",
        strength="presumption",
        history="".join(daily("06-04", 6, f"{h:02}:00 call no_answer") for h in range(10, 15)),
    ),
    west(
        "the 30th call of a week",
        "W. Va. Code 46A-2-125(d)",
        "06-10 09:00",
        "allow",
        history="".join(
            daily("06-04", 6, f"{h:02}:00 call no_answer") for h in range(10, 15)
        ).replace("06-04 10:00 call no_answer\n", "", 1),
    ),
    west(
        "the 11th talk of a week",
        "W. Va. Code 46A-2-125(d)",
        "06-09 10:00",
        "deny US-WV-30-10",
        opens="06-12 08:00",
        strength="presumption",
        history=daily("06-05", 4, "09:00 call conversation")
        + daily("06-05", 4, "12:00 call conversation")
        + daily("06-05", 2, "15:00 call conversation"),
    ),
    oregon(
        "work a second time in a week",
        "ORS 646.639(2)",
        "06-11 10:00",
        "deny US-OR-WORK1",
        opens="06-16 08:00",
        history="06-08 10:00 call no_answer\n06-09 10:00 call no_answer number=N4",
        facts={"number_kinds": {"N1": "mobile", "N4": "workplace"}},
        number="N4",
    ),
    oregon(
        "work, where the request was to stop",
        "ORS 646.639(2)",
        "06-11 10:00",
        "deny US-OR-WORK1 US-REGF-INCONV-PLACE",
        history="06-08 10:00 call no_answer",
        facts={
            "number_kinds": {"N1": "mobile", "N4": "workplace"},
            "inconvenient_places": ["work"],
        },
        number="N4",
    ),
    california(
        "a creditor's eighth call",
        "Cal. Civ. Code 1788.11, 1788.17",
        "06-09 15:00",
        "deny US-CA-ROSENTHAL",
        opens="06-10 00:00",
        strength="policy",
        history=daily("06-03", 7, "10:00 call no_answer"),
    ),
    california(
        "a creditor after a talk",
        "Cal. Civ. Code 1788.17",
        "06-09 15:00",
        "deny US-CA-ROSENTHAL",
        opens="06-15 00:00",
        strength="policy",
        history="06-08 10:00 call conversation",
    ),
    california(
        "a collector's eighth call is Regulation F's matter",
        "12 CFR 1006.14(b)",
        "06-09 15:00",
        "deny US-REGF-7IN7",
        opens="06-10 08:00",
        strength="presumption",
        history=daily("06-03", 7, "10:00 call no_answer"),
        packs="us.ca us.regf",
        actor="third_party_collector",
    ),
]

CASES = [*MASSACHUSETTS, *WASHINGTON, *NYC, *DC, *FL, *TCPA, *BANKRUPTCY, *OTHERS]
