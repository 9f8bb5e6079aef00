"""Regulation F by its text and official comments, as an examiner would ask."""

from __future__ import annotations

from tests.compliance.law.case import daily, table

regf = table("us.regf", "third_party_collector", "America/New_York")
case = regf.case

ET_PT = "America/New_York America/Los_Angeles"
ET_MT = "America/New_York America/Denver"
DIRECT = {"email_basis": "direct consent"}
TEXTS = {"sms_consent_direct_at": "2026-06-01T14:00:00Z"}
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
NOT_AT_THREE = {
    "inconvenient": [
        {"days": WEEKDAYS, "from": "15:00", "to": "17:00"},
        {"days": ["sat", "sun"], "from": "00:00", "to": "24:00"},
    ]
}
NOT_ON_FRIDAY = {"inconvenient": [{"days": ["fri"], "from": "00:00", "to": "24:00"}]}
NOT_AT_HOME = {
    "inconvenient_places": ["home"],
    "number_kinds": {"N1": "mobile", "N2": "home_landline"},
}
LAWYER = {"represented": {"debts": ["D1"], "attorney_known": True}}
SIX = daily("06-04", 6, "10:00 call no_answer")
SEVEN = daily("06-03", 7, "10:00 call no_answer")
APRIL = (
    "04-01 10:00 call no_answer\n04-02 10:00 call no_answer\n04-02 16:00 call no_answer\n"
    "04-03 10:00 call no_answer\n04-03 16:00 call no_answer\n04-06 10:00 call no_answer\n"
)
MONDAY_CALL_BACK = {
    "consent": [
        {
            "scope": "call on Monday 2026-04-06",
            "given_to": "collector",
            "at": "2026-04-03T14:05:00Z",
            "valid_dates": ["2026-04-06"],
        }
    ]
}

HOURS_CITE = "12 CFR 1006.6(b)(1)(i); comments 6(b)(1)(i)-1, -2"
HOURS = [
    case("08:00:00 opens", HOURS_CITE, "06-10 08:00:00", "allow"),
    case(
        "07:59:59 is closed",
        HOURS_CITE,
        "06-10 07:59:59",
        "deny US-REGF-HOURS",
        opens="06-10 08:00",
    ),
    case("20:59:59 is open", HOURS_CITE, "06-10 20:59:59", "allow"),
    case("21:05 is closed", HOURS_CITE, "06-10 21:05", "deny US-REGF-HOURS", opens="06-11 08:00"),
    case(
        "ET mobile, PT address, 21:30 ET is 18:30 PT",
        HOURS_CITE,
        "06-10 21:30",
        "deny US-REGF-HOURS",
        opens="06-11 11:00",
        zones=ET_PT,
    ),
    case("ET mobile, PT address, 11:00 ET", HOURS_CITE, "06-10 11:00", "allow", zones=ET_PT),
    case(
        "ET mobile, Mountain landline, 21:00 ET",
        HOURS_CITE,
        "06-10 21:30",
        "deny US-REGF-HOURS",
        opens="06-11 10:00",
        zones=ET_MT,
    ),
    case("ET mobile, Mountain landline, 10:00 ET", HOURS_CITE, "06-10 10:00", "allow", zones=ET_MT),
    case("a Sunday is a day like another", HOURS_CITE, "06-14 08:00", "allow"),
    case("a federal holiday is a day like another", HOURS_CITE, "07-04 10:00", "allow"),
    case("a letter has no hour", HOURS_CITE, "06-10 23:00", "allow", channel="letter"),
    case(
        "an SMS sent at 21:10",
        HOURS_CITE,
        "06-10 21:10",
        "deny US-REGF-HOURS",
        opens="06-11 08:00",
        channel="sms",
        facts=TEXTS,
    ),
    case(
        "a ringless voicemail at 07:00",
        HOURS_CITE,
        "06-10 07:00",
        "deny US-REGF-HOURS",
        opens="06-10 08:00",
        channel="rvm",
    ),
    case(
        "a creditor in its own name is not bound",
        "12 CFR 1006.2(i)",
        "06-10 23:00",
        "allow",
        actor="creditor",
    ),
    case(
        "the night before the clocks go forward",
        HOURS_CITE,
        "03-07 21:30",
        "deny US-REGF-HOURS",
        opens="03-08 08:00",
    ),
    case("the morning after the clocks went forward", HOURS_CITE, "03-08 08:00", "allow"),
    case(
        "07:30 on the day that the clocks go forward",
        HOURS_CITE,
        "03-08 07:30",
        "deny US-REGF-HOURS",
        opens="03-08 08:00",
    ),
    case(
        "07:59 on the day that the clocks go back",
        HOURS_CITE,
        "11-01 07:59",
        "deny US-REGF-HOURS",
        opens="11-01 08:00",
    ),
    case(
        "Indiana's Central counties and its Eastern ones",
        HOURS_CITE,
        "06-10 08:30",
        "deny US-REGF-HOURS",
        opens="06-10 09:00",
        zones="America/Indiana/Indianapolis America/Indiana/Tell_City",
    ),
    case(
        "Honolulu at 20:59 while New York sleeps",
        HOURS_CITE,
        "06-10 20:59",
        "allow",
        zones="Pacific/Honolulu",
    ),
    case(
        "Honolulu and New York leave 14:00 to 21:00 ET",
        HOURS_CITE,
        "06-10 13:59",
        "deny US-REGF-HOURS",
        opens="06-10 14:00",
        zones="America/New_York Pacific/Honolulu",
    ),
    case(
        "Guam and New York share no hour of a day: one hour in the evening",
        HOURS_CITE,
        "06-10 12:00",
        "deny US-REGF-HOURS",
        opens="06-10 18:00",
        zones="America/New_York Pacific/Guam",
    ),
    case("Alaska's own zone", HOURS_CITE, "06-10 08:00", "allow", zones="America/Anchorage"),
]

TIMES_CITE = "12 CFR part 1006, Supp. I, comment 6(b)(1)-1"
TIMES = [
    case("weekday, 14:59", TIMES_CITE + ".ii", "06-10 14:59", "allow", facts=NOT_AT_THREE),
    case(
        "weekday, 15:00",
        TIMES_CITE + ".ii",
        "06-10 15:00",
        "deny US-REGF-INCONV-TIME",
        opens="06-10 17:00",
        facts=NOT_AT_THREE,
    ),
    case("weekday, 17:00", TIMES_CITE + ".ii", "06-10 17:00", "allow", facts=NOT_AT_THREE),
    case(
        "Saturday when weekends do not suit",
        TIMES_CITE + ".ii",
        "06-13 10:00",
        "deny US-REGF-INCONV-TIME",
        opens="06-15 08:00",
        facts=NOT_AT_THREE,
    ),
    case(
        "Friday 16:00 opens the same day",
        TIMES_CITE + ".ii",
        "06-12 16:00",
        "deny US-REGF-INCONV-TIME",
        opens="06-12 17:00",
        facts=NOT_AT_THREE,
    ),
    case(
        "at night two rules bar it",
        TIMES_CITE + ".ii",
        "06-13 22:00",
        "deny US-REGF-HOURS US-REGF-INCONV-TIME",
        opens="06-15 08:00",
        facts=NOT_AT_THREE,
    ),
    case(
        "what the creditor's notes say binds",
        TIMES_CITE,
        "06-10 16:00",
        "deny US-REGF-INCONV-TIME",
        opens="06-10 17:00",
        facts={**NOT_AT_THREE, "learned_from": "creditor file notes"},
    ),
    case(
        "a text at a time that does not suit",
        TIMES_CITE,
        "06-10 16:00",
        "deny US-REGF-INCONV-TIME",
        opens="06-10 17:00",
        channel="sms",
        facts={**NOT_AT_THREE, **TEXTS},
    ),
    case(
        "a night worker's mornings",
        TIMES_CITE,
        "06-10 09:00",
        "deny US-REGF-INCONV-TIME",
        opens="06-10 14:00",
        facts={"inconvenient": [{"days": WEEKDAYS, "from": "23:00", "to": "14:00"}]},
    ),
    case(
        "15:30 in one of two possible places",
        TIMES_CITE,
        "06-10 18:30",
        "deny US-REGF-INCONV-TIME",
        opens="06-10 20:00",
        zones=ET_PT,
        facts=NOT_AT_THREE,
    ),
]

PLACES_CITE = "12 CFR part 1006, Supp. I, comments 6(b)(1)-1.iii, 6(b)(1)(ii)-1"
PLACES = [
    case(
        "not at home: the home landline",
        PLACES_CITE,
        "06-10 11:00",
        "deny US-REGF-INCONV-PLACE",
        facts=NOT_AT_HOME,
        number="N2",
    ),
    case("not at home: the mobile", PLACES_CITE, "06-10 11:00", "allow", facts=NOT_AT_HOME),
    case(
        "not at home: e-mail",
        PLACES_CITE,
        "06-10 11:00",
        "allow",
        facts={**NOT_AT_HOME, **DIRECT},
        channel="email",
        has_optout_notice=True,
    ),
    case(
        "not at work: the workplace",
        PLACES_CITE,
        "06-10 11:00",
        "deny US-REGF-INCONV-PLACE",
        facts={"inconvenient_places": ["work"], "number_kinds": {"N4": "workplace"}},
        number="N4",
    ),
    case(
        "not at work: letters go on",
        PLACES_CITE,
        "06-10 11:00",
        "allow",
        facts={"inconvenient_places": ["work"]},
        channel="letter",
    ),
]

ONCE_CITE = "12 CFR part 1006, Supp. I, comment 6(b)(1)-2"
WROTE = "06-10 15:30 email received in\n"
ANSWERED = WROTE + "06-10 15:40 email sent\n"
REPLY = {"channel": "email", "in_reply": True}
ONCE = [
    case(
        "each new message may be answered once again",
        ONCE_CITE + ".ii",
        "06-10 16:10",
        "allow US-REGF-RESP-ONCE",
        history=ANSWERED + "06-10 16:00 email received in",
        facts=NOT_AT_THREE,
        **REPLY,
    ),
    case(
        "a second answer to one message",
        ONCE_CITE + ".i",
        "06-10 15:45",
        "deny US-REGF-INCONV-TIME US-REGF-RESP-ONCE",
        opens="06-10 17:00",
        history=ANSWERED,
        facts=NOT_AT_THREE,
        **REPLY,
    ),
    case(
        "the automated reply is the one answer",
        ONCE_CITE + ".iv",
        "06-12 20:31",
        "allow US-REGF-RESP-ONCE",
        history="06-12 20:30 email received in",
        facts=NOT_ON_FRIDAY,
        **REPLY,
    ),
    case(
        "a call in at a bad time is taken and may be answered by a call",
        ONCE_CITE + ".iii",
        "06-12 14:30",
        "allow US-REGF-RESP-ONCE",
        history="06-12 14:00 call voicemail_message in",
        facts=NOT_ON_FRIDAY,
        in_reply=True,
    ),
    case(
        "at a good time an answer needs no leave",
        ONCE_CITE,
        "06-11 11:00",
        "allow",
        history="06-11 10:00 email received in",
        facts=NOT_ON_FRIDAY,
        **REPLY,
    ),
    case(
        "a text at night is answered at night",
        ONCE_CITE,
        "06-10 22:10",
        "allow US-REGF-RESP-ONCE",
        history="06-10 22:00 sms received in",
        channel="sms",
        in_reply=True,
    ),
    case(
        "a text at night is not answered by a call",
        ONCE_CITE,
        "06-10 22:05",
        "deny US-REGF-HOURS US-REGF-RESP-ONCE",
        opens="06-11 08:00",
        history="06-10 22:00 sms received in",
        in_reply=True,
    ),
]

HOLDS = [
    case(
        "represented on another debt",
        "12 CFR 1006.6(b)(2)",
        "06-10 11:00",
        "allow",
        facts=LAWYER,
        debts=["D2"],
    ),
    case(
        "represented, the attorney's name not to be found",
        "12 CFR 1006.6(b)(2); comment -1",
        "06-10 11:00",
        "allow",
        facts={"represented": {"debts": ["D1"], "attorney_known": False}},
    ),
    case(
        "represented: the attorney is called",
        "12 CFR 1006.6(b)(2), (d)(1)",
        "06-10 11:00",
        "allow",
        facts=LAWYER,
        party="attorney",
    ),
    case(
        "represented: a letter",
        "12 CFR 1006.6(b)(2)",
        "06-10 11:00",
        "deny US-REGF-ATTY",
        facts=LAWYER,
        channel="letter",
    ),
    case(
        "a cease letter in the mail does not bind yet",
        "12 CFR 1006.6(c); comment 6(c)(1)-1",
        "08-05 11:00",
        "allow",
        facts={
            "cease_notice": {
                "mailed": "2026-08-03",
                "received_at": "2026-08-06T14:00:00Z",
                "debts": ["D1"],
                "in_writing": True,
            }
        },
    ),
    case(
        "a cease letter binds when received",
        "12 CFR 1006.6(c); comment 6(c)(1)-1",
        "08-06 10:00",
        "deny US-REGF-CEASE",
        facts={
            "cease_notice": {
                "mailed": "2026-08-03",
                "received_at": "2026-08-06T14:00:00Z",
                "debts": ["D1"],
                "in_writing": True,
            }
        },
    ),
    case(
        "a cease letter binds e-mail and letters too",
        "12 CFR 1006.6(c)",
        "08-07 10:00",
        "deny US-REGF-CEASE",
        facts={"cease_notice": {"received_at": "2026-08-06T14:00:00Z", "in_writing": True}},
        channel="letter",
    ),
    case(
        "a cease letter about another debt",
        "12 CFR 1006.6(c)",
        "08-07 10:00",
        "allow",
        facts={
            "cease_notice": {
                "received_at": "2026-08-06T14:00:00Z",
                "debts": ["D2"],
                "in_writing": True,
            }
        },
    ),
    case(
        "an oral wish is no cease notice",
        "12 CFR 1006.6(c)(1)",
        "08-07 10:00",
        "allow",
        facts={"cease_notice": {"received_at": "2026-08-06T14:00:00Z", "in_writing": False}},
    ),
    case(
        "after a cease letter the notice that collection ends",
        "12 CFR 1006.6(c)(2)(i)",
        "08-07 10:00",
        "allow",
        facts={"cease_notice": {"received_at": "2026-08-06T14:00:00Z", "in_writing": True}},
        channel="letter",
        purpose="notice_ending",
    ),
    case(
        "a written dispute in the period",
        "12 CFR 1006.38(d)(2)",
        "06-10 11:00",
        "deny US-REGF-DISP",
        facts={
            "dispute": {
                "debts": ["D1"],
                "received_at": "2026-06-08T14:00:00Z",
                "in_writing": True,
                "in_validation_period": True,
                "verification_sent_at": None,
            }
        },
    ),
    case(
        "the verification was sent",
        "12 CFR 1006.38(d)(2)",
        "06-12 11:00",
        "allow",
        facts={
            "dispute": {
                "debts": ["D1"],
                "received_at": "2026-06-08T14:00:00Z",
                "in_writing": True,
                "in_validation_period": True,
                "verification_sent_at": "2026-06-11T14:00:00Z",
            }
        },
    ),
    case(
        "an oral dispute stops nothing",
        "12 CFR 1006.38(d)",
        "06-10 11:00",
        "allow",
        facts={
            "dispute": {
                "debts": ["D1"],
                "received_at": "2026-06-08T14:00:00Z",
                "in_writing": False,
                "in_validation_period": True,
            }
        },
    ),
    case(
        "a dispute after the period stops nothing",
        "12 CFR 1006.38(d)",
        "06-10 11:00",
        "allow",
        facts={
            "dispute": {
                "debts": ["D1"],
                "received_at": "2026-06-08T14:00:00Z",
                "in_writing": True,
                "in_validation_period": False,
            }
        },
    ),
    case(
        "a dispute of another debt",
        "12 CFR 1006.38(d)",
        "06-10 11:00",
        "allow",
        facts={"dispute": {"debts": ["D2"], "in_writing": True, "in_validation_period": True}},
    ),
    case(
        "the employer does not mind",
        "12 CFR 1006.6(b)(3)",
        "06-10 11:00",
        "allow",
        facts={"number_kinds": {"N4": "workplace"}, "employer_prohibits": False},
        number="N4",
    ),
    case(
        "the employer minds: the mobile stays open",
        "12 CFR 1006.6(b)(3)",
        "06-10 11:00",
        "allow",
        facts={"number_kinds": {"N4": "workplace", "N1": "mobile"}, "employer_prohibits": True},
    ),
]

PARTIES = [
    case(
        "a friend is asked to pay",
        "12 CFR 1006.6(d)(1)",
        "06-10 11:00",
        "deny US-REGF-3P",
        party="third_party",
        number="T1",
    ),
    *(
        case(
            f"{party} counts as the consumer or stands with them",
            "12 CFR 1006.6(a), (d)(1)",
            "06-10 11:00",
            "allow",
            party=party,
            number="T1",
        )
        for party in ("spouse", "parent_of_minor", "guardian", "executor", "attorney", "creditor")
    ),
    case(
        "the seventh location call",
        "comment 14(b)(2)(i)-1.iii",
        "10-12 10:00",
        "allow",
        history=daily("10-06", 6, "10:00 call no_answer number=T1 party=third_party_location"),
        party="third_party_location",
        number="T1",
    ),
    case(
        "another third person has a count of their own",
        "12 CFR 1006.14(b)(2)",
        "10-12 15:00",
        "allow",
        history=daily("10-06", 7, "10:00 call no_answer number=T1 party=third_party_location"),
        party="third_party_location",
        number="T2",
    ),
    case(
        "location calls are not the consumer's seven",
        "12 CFR 1006.14(b)(2)",
        "10-12 15:00",
        "allow",
        history=daily("10-06", 7, "10:00 call no_answer number=T1 party=third_party_location"),
    ),
    case(
        "unanswered location calls are not the once",
        "12 CFR 1006.10(c)",
        "10-12 15:00",
        "allow",
        history="10-10 10:00 call voicemail_no_message number=T1 party=third_party_location",
        party="third_party_location",
        number="T1",
    ),
    case(
        "a talk with a third person starts no cooldown for the consumer",
        "12 CFR 1006.14(b)(2)(i)(B)",
        "10-12 15:00",
        "allow",
        history="10-10 10:00 call conversation number=T1 party=third_party_location",
    ),
]

SEVEN_CITE = "12 CFR 1006.14(b)(2)(i)(A); comment 14(b)(2)(ii)-1.i"
FREQUENCY = [
    case("the seventh call", SEVEN_CITE, "06-10 11:00", "allow", history=SIX),
    case(
        "the eighth call",
        SEVEN_CITE,
        "06-09 15:00",
        "deny US-REGF-7IN7",
        opens="06-10 08:00",
        strength="presumption",
        history=SEVEN,
    ),
    case("the eighth on the eighth day", SEVEN_CITE, "06-10 08:00", "allow", history=SEVEN),
    case("April: a seventh on 7 April", SEVEN_CITE, "04-07 10:00", "allow", history=APRIL),
    case(
        "April: two on the 8th are one too many",
        SEVEN_CITE,
        "04-08 16:00",
        "deny US-REGF-7IN7",
        opens="04-09 08:00",
        strength="presumption",
        history=APRIL + "04-07 10:00 call no_answer\n04-08 10:00 call no_answer",
    ),
    case(
        "seven in one morning bar six days more",
        SEVEN_CITE,
        "06-04 18:00",
        "deny US-REGF-7IN7",
        opens="06-11 08:00",
        strength="presumption",
        history="".join(f"06-04 {h:02}:00 call no_answer\n" for h in range(9, 16)),
    ),
    case(
        "all numbers of a person are pooled",
        SEVEN_CITE,
        "06-09 15:00",
        "deny US-REGF-7IN7",
        opens="06-10 08:00",
        strength="presumption",
        history=SEVEN,
        number="N2",
    ),
    case(
        "a ringless voicemail is a call",
        "comment 14(b)-1",
        "06-09 15:00",
        "deny US-REGF-7IN7",
        opens="06-10 08:00",
        strength="presumption",
        history=SEVEN,
        channel="rvm",
    ),
    case(
        "ringless voicemails count as calls",
        "comment 14(b)-1",
        "06-09 15:00",
        "deny US-REGF-7IN7",
        opens="06-10 08:00",
        strength="presumption",
        history=daily("06-03", 7, "10:00 rvm delivered"),
    ),
    case(
        "seven calls do not bar an e-mail",
        "comment 14(b)-1",
        "06-09 15:00",
        "allow",
        history=SEVEN,
        facts=DIRECT,
        channel="email",
        has_optout_notice=True,
    ),
    case(
        "seven calls do not bar a text",
        "comment 14(b)-1",
        "06-09 15:00",
        "allow",
        history=SEVEN,
        facts=TEXTS,
        channel="sms",
        has_optout_notice=True,
    ),
    case(
        "the consumer's own calls are none of the seven",
        "12 CFR 1006.14(b)(2)(i)(A): placing",
        "06-09 15:00",
        "allow",
        history=daily("06-03", 7, "10:00 call voicemail_message in"),
    ),
    case(
        "another debt has its own seven",
        "12 CFR 1006.14(b)(4)",
        "06-09 15:00",
        "allow",
        history=SEVEN,
        debts=["D2"],
    ),
    case(
        "a call about a full debt and a free one",
        "12 CFR 1006.14(b)(4)",
        "06-09 15:00",
        "deny US-REGF-7IN7",
        opens="06-10 08:00",
        strength="presumption",
        history=SEVEN,
        debts=["D2", "D1"],
    ),
    case(
        "the 21st call about three debts",
        "comment 14(b)(4)-2.i",
        "11-15 20:00",
        "allow",
        history=daily("11-09", 7, "09:00 call no_answer debts=MED")
        + daily("11-09", 7, "12:00 call no_answer debts=CCA")
        + daily("11-09", 6, "15:00 call no_answer debts=CCB"),
        debts=["CCB"],
    ),
    *(
        case(
            f"{outcome} counts",
            "comment 14(b)(3)(ii)-1",
            "06-09 15:00",
            "deny US-REGF-7IN7",
            opens="06-10 08:00",
            strength="presumption",
            history=daily("06-03", 7, f"10:00 call {outcome}"),
        )
        for outcome in (
            "voicemail_no_message",
            "voicemail_message",
            "voicemail_limited_content",
            "answered_dropped",
            "abandoned",
            "no_answer_voicemail_available",
        )
    ),
    case(
        "an outcome that nobody mapped counts for all there is",
        "traps: an unmapped code must count",
        "06-09 15:00",
        "deny US-REGF-7IN7 US-REGF-COOL7",
        opens="06-16 08:00",
        strength="presumption",
        history=daily("06-03", 7, "10:00 call sit_tone_7"),
    ),
    *(
        case(
            f"{outcome} does not count",
            "comment 14(b)(3)(ii)-1",
            "06-09 15:00",
            "allow",
            history=daily("06-03", 7, f"10:00 call {outcome}"),
        )
        for outcome in ("busy", "not_in_service")
    ),
    case(
        "calls under a consent do not count",
        "12 CFR 1006.14(b)(3)(i)",
        "06-09 15:00",
        "allow",
        history=daily("06-03", 7, "10:00 call no_answer under_consent=yes"),
    ),
    case(
        "misdirected calls are left out once that is known",
        "comment 14(b)(2)(i)-3",
        "06-11 15:00",
        "allow US-REGF-MISDIR",
        history=daily("06-05", 4, "10:00 call no_answer number=W1")
        + daily("06-08", 4, "11:00 call no_answer"),
        facts={"wrong_numbers": {"W1": {"learned_at": "2026-06-11T13:00:00Z"}}},
    ),
    case(
        "six and one misdirected need no excuse",
        "comment 14(b)(2)(i)-3",
        "06-10 15:00",
        "allow",
        history=SIX.replace("06-04 10:00 call no_answer", "06-04 10:00 call no_answer number=W1"),
        facts={"wrong_numbers": {"W1": {"learned_at": "2026-06-08T13:00:00Z"}}},
    ),
    case(
        "an evening call in Los Angeles is of its local date",
        "12 CFR 1006.14(b)(2)(i)(A): calendar days",
        "06-10 20:30",
        "deny US-REGF-7IN7",
        opens="06-11 08:00",
        strength="presumption",
        history=daily("06-04", 7, "20:00 call no_answer"),
        zones="America/Los_Angeles",
    ),
    case(
        "seven calls across the change to winter time",
        "12 CFR 1006.14(b)(2)(i)(A)",
        "11-03 20:00",
        "deny US-REGF-7IN7",
        opens="11-04 08:00",
        strength="presumption",
        history=daily("10-28", 7, "19:00 call no_answer"),
    ),
]

FREQUENCY += [
    case(
        "calls to the consumer's attorney are none of the seven",
        "12 CFR 1006.14(b)(3)(iii)",
        "06-09 15:00",
        "allow",
        history=daily("06-03", 7, "10:00 call no_answer number=L1 party=attorney"),
        party="attorney",
        number="L1",
    ),
    case(
        "a talk with the creditor bars no further one",
        "12 CFR 1006.14(b)(3)(iii)",
        "06-09 15:00",
        "allow",
        history="06-08 10:00 call conversation number=C1 party=creditor",
        party="creditor",
        number="C1",
    ),
]

COOL_CITE = "12 CFR 1006.14(b)(2)(i)(B); comment 14(b)(2)(ii)-1.ii"
TALK = "08-14 10:00 call conversation\n"
COOLDOWN = [
    case(
        "later on the day of the talk",
        COOL_CITE,
        "08-14 18:00",
        "deny US-REGF-COOL7",
        opens="08-21 08:00",
        strength="presumption",
        history=TALK,
    ),
    case("the eighth day", COOL_CITE, "08-21 08:00", "allow", history=TALK),
    case(
        "the consumer called in",
        "12 CFR 1006.14(b)(2)(i)(B)",
        "08-20 10:00",
        "deny US-REGF-COOL7",
        opens="08-21 08:00",
        strength="presumption",
        history="08-14 10:00 call conversation in",
    ),
    case(
        "a talk about another debt",
        "12 CFR 1006.14(b)(4)",
        "08-17 10:00",
        "allow",
        history="08-14 10:00 call conversation debts=D2",
    ),
    case(
        "a talk that the consumer turned to this debt",
        "comment 14(b)(4)-2.vi",
        "08-17 10:00",
        "deny US-REGF-COOL7",
        opens="08-21 08:00",
        strength="presumption",
        history="08-14 10:00 call conversation debts=D2 also_discussed=D1",
    ),
    case(
        "a late evening's talk is of its local date",
        COOL_CITE,
        "08-20 20:00",
        "deny US-REGF-COOL7",
        opens="08-21 08:00",
        strength="presumption",
        history="08-14 20:55 call conversation",
    ),
    case(
        "a talk bars no text",
        COOL_CITE,
        "08-17 10:00",
        "allow",
        history=TALK,
        facts={"sms_consent_direct_at": "2026-08-01T14:00:00Z"},
        channel="sms",
        has_optout_notice=True,
    ),
    case(
        "a message exchange is no talk",
        COOL_CITE,
        "08-17 10:00",
        "allow",
        history="08-14 10:00 sms received in",
    ),
    case(
        "an abandoned call is no talk",
        COOL_CITE,
        "08-17 10:00",
        "allow",
        history="08-14 10:00 call abandoned",
    ),
    case(
        "two talks: the later counts",
        COOL_CITE,
        "08-20 10:00",
        "deny US-REGF-COOL7",
        opens="08-24 08:00",
        strength="presumption",
        history=TALK + "08-17 10:00 call conversation in",
    ),
    case(
        "student loans under one number are one debt",
        "12 CFR 1006.14(b)(4)",
        "08-17 10:00",
        "deny US-REGF-COOL7 US-REGF-DEBTSCOPE",
        opens="08-21 08:00",
        strength="presumption",
        history="08-14 10:00 call conversation debts=SL1",
        facts={"debt_groups": [["SL1", "SL2"]]},
        debts=["SL2"],
    ),
    case(
        "student loans that are not grouped are two",
        "12 CFR 1006.14(b)(4)",
        "08-17 10:00",
        "allow",
        history="08-14 10:00 call conversation debts=SL1",
        debts=["SL2"],
    ),
    case(
        "six calls about grouped loans and a seventh",
        "12 CFR 1006.14(b)(4)",
        "06-10 15:00",
        "allow",
        history=daily("06-04", 6, "10:00 call no_answer debts=SL1"),
        facts={"debt_groups": [["SL1", "SL2"]]},
        debts=["SL2"],
    ),
    case(
        "seven calls about grouped loans",
        "12 CFR 1006.14(b)(4)",
        "06-09 15:00",
        "deny US-REGF-7IN7 US-REGF-DEBTSCOPE",
        opens="06-10 08:00",
        strength="presumption",
        history=daily("06-03", 7, "10:00 call no_answer debts=SL1"),
        facts={"debt_groups": [["SL1", "SL2"]]},
        debts=["SL2"],
    ),
]


def call_back(scope: str, at: str, **more: object) -> dict[str, object]:
    """A consent to a further call, given to the collector."""
    return {"consent": [{"scope": scope, "given_to": "collector", "at": at, **more}]}


CONSENT_CITE = "12 CFR 1006.14(b)(3)(i); comments 14(b)(3)(i)-1 to -3"
CONSENT = [
    case(
        "the day after the day that was named",
        CONSENT_CITE,
        "04-07 10:00",
        "deny US-REGF-COOL7",
        opens="04-10 08:00",
        strength="presumption",
        history="04-03 10:00 call conversation",
        facts=MONDAY_CALL_BACK,
    ),
    case(
        "an open leave to call back, on its seventh day",
        CONSENT_CITE,
        "04-09 10:00",
        "allow US-REGF-EXCL",
        history="04-03 10:00 call conversation",
        facts=call_back("call back, no day named", "2026-04-03T14:05:00Z"),
    ),
    case(
        "an open leave to call back has run out on its eighth day",
        CONSENT_CITE,
        "04-10 10:00",
        "deny US-REGF-7IN7",
        opens="04-11 08:00",
        strength="presumption",
        history=daily("04-04", 7, "09:00 call no_answer"),
        facts=call_back("call back, no day named", "2026-04-03T14:05:00Z"),
    ),
    case(
        "within a leave the eighth call is open",
        CONSENT_CITE,
        "06-09 15:00",
        "allow US-REGF-EXCL",
        history=SEVEN,
        facts=call_back("call me as often as you need", "2026-06-09T13:00:00Z"),
    ),
    case(
        "a leave that was taken back",
        CONSENT_CITE,
        "04-06 10:00",
        "deny US-REGF-COOL7",
        opens="04-10 08:00",
        strength="presumption",
        history="04-03 10:00 call conversation",
        facts=call_back(
            "call back, no day named", "2026-04-03T14:05:00Z", revoked_at="2026-04-05T14:00:00Z"
        ),
    ),
    case(
        "a leave ends with the next talk, whoever called",
        CONSENT_CITE,
        "04-07 10:00",
        "deny US-REGF-COOL7",
        opens="04-12 08:00",
        strength="presumption",
        history="04-03 10:00 call conversation\n04-05 10:00 call conversation in",
        facts=call_back("call back, no day named", "2026-04-03T14:05:00Z"),
    ),
    case(
        "a leave given to the creditor",
        CONSENT_CITE,
        "04-06 10:00",
        "deny US-REGF-COOL7",
        opens="04-10 08:00",
        strength="presumption",
        history="04-03 10:00 call conversation",
        facts={
            "consent": [
                {"scope": "call back", "given_to": "creditor", "at": "2026-04-03T14:05:00Z"}
            ]
        },
    ),
    case(
        "a leave to call more lifts no hours",
        "12 CFR 1006.14(b)(3)(i); 1006.6(b)(1)(i)",
        "04-06 22:00",
        "deny US-REGF-HOURS",
        opens="04-07 08:00",
        facts=call_back("call back, no day named", "2026-04-03T14:05:00Z"),
    ),
    case(
        "consent to calls at 22:00, given to the creditor",
        "comment 6(b)(4)(i)-2",
        "06-10 22:00",
        "deny US-REGF-HOURS",
        opens="06-11 08:00",
        facts={"consent": [{"scope": "calls at 22:00", "given_to": "creditor"}]},
    ),
    case(
        "consent to calls at 22:00, given to a former collector",
        "comment 6(b)(4)(i)-2",
        "06-10 22:00",
        "deny US-REGF-HOURS",
        opens="06-11 08:00",
        facts={"consent": [{"scope": "calls at 22:00", "given_to": "former_collector"}]},
    ),
    case(
        "consent to calls at 22:00, given to this collector",
        "12 CFR 1006.6(b)(4)(i)",
        "06-10 22:00",
        "allow US-REGF-CONSENT",
        facts={
            "consent": [
                {"scope": "calls at 22:00", "given_to": "collector", "at": "2026-06-01T14:00:00Z"}
            ]
        },
    ),
    case(
        "consent to calls at 22:00 opens no text",
        "12 CFR 1006.6(b)(4)(i)",
        "06-10 22:00",
        "deny US-REGF-HOURS",
        opens="06-11 08:00",
        facts={
            "consent": [
                {"scope": "calls at 22:00", "given_to": "collector", "at": "2026-06-01T14:00:00Z"}
            ],
            **TEXTS,
        },
        channel="sms",
    ),
    case(
        "consent to calls at 22:00 opens 23:00 not",
        "12 CFR 1006.6(b)(4)(i)",
        "06-10 23:00",
        "deny US-REGF-HOURS",
        opens="06-11 08:00",
        facts={
            "consent": [
                {"scope": "calls at 22:00", "given_to": "collector", "at": "2026-06-01T14:00:00Z"}
            ]
        },
    ),
]

SAID = [
    ("call me at 9:30 p.m.", "06-10 21:40", True),
    ("call me at 9:30 p.m.", "06-10 22:00", False),
    ("calls after 9 pm", "06-10 23:50", True),
    ("calls between 09:00 PM and 10:00 PM", "06-10 21:59", True),
    ("calls before 7:30 am", "06-10 07:10", True),
    ("calls before 7:30 am", "06-10 07:40", False),
    ("text me after 21:00", "06-10 21:40", False),
    ("do call, any time", "06-10 21:40", False),
    ("calls at 12 a.m.", "06-10 00:20", True),
]
CONSENT += [
    case(
        f"{words}: {at}",
        "12 CFR 1006.6(b)(4)(i)",
        at,
        "allow US-REGF-CONSENT" if ok else "deny US-REGF-HOURS",
        opens=None if ok else ("06-10 08:00" if at < "06-10 12" else "06-11 08:00"),
        facts=call_back(words, "2026-06-09T14:00:00Z"),
    )
    for words, at, ok in SAID
]
BARRED = {
    "consent": [
        {"scope": "calls at 22:00", "given_to": "collector", "at": "2026-06-10T01:12:00Z"},
    ]
}
CONSENT += [
    case(
        "consent won in a call of ours at a barred time",
        "comment 6(b)(4)(i)-1",
        "06-10 22:00",
        "deny US-REGF-HOURS",
        opens="06-16 08:00",
        history="06-09 21:10 call conversation",
        facts=BARRED,
    ),
    case(
        "consent given in the consumer's own call at that time",
        "comment 6(b)(4)(i)-1",
        "06-16 22:00",
        "allow US-REGF-CONSENT",
        history="06-09 21:10 call conversation in",
        facts=BARRED,
    ),
    case(
        "consent given in a call of ours that began at a good time",
        "comment 6(b)(4)(i)-1",
        "06-16 22:00",
        "allow US-REGF-CONSENT",
        history="06-09 20:55 call conversation",
        facts=BARRED,
    ),
]

MEDIUM_CITE = "12 CFR 1006.14(h)(1); comments 14(h)(1)-2, -3"
NO_CALLS = {"medium_optout": [{"medium": "call"}]}
MEDIUM = [
    case(
        "not to this address, by any medium",
        MEDIUM_CITE,
        "06-10 11:00",
        "deny US-REGF-MEDIUM",
        facts={"medium_optout": [{"address": "A1"}], **DIRECT},
        channel="email",
    ),
    case(
        "stop calling: a text stays open",
        MEDIUM_CITE,
        "06-10 11:00",
        "allow",
        facts={**NO_CALLS, **TEXTS},
        channel="sms",
        has_optout_notice=True,
    ),
    case(
        "stop calling: an e-mail stays open",
        MEDIUM_CITE,
        "06-10 11:00",
        "allow",
        facts={**NO_CALLS, **DIRECT},
        channel="email",
        has_optout_notice=True,
    ),
    case(
        "stop calling: any debt",
        MEDIUM_CITE,
        "06-10 11:00",
        "deny US-REGF-MEDIUM",
        facts=NO_CALLS,
        debts=["D7"],
    ),
    case(
        "stop calling: a ringless voicemail is a call",
        MEDIUM_CITE,
        "06-10 11:00",
        "deny US-REGF-MEDIUM",
        facts=NO_CALLS,
        channel="rvm",
    ),
    case(
        "not on this number: the other stays open",
        MEDIUM_CITE,
        "06-10 11:00",
        "allow",
        facts={"medium_optout": [{"medium": "call", "number": "N2"}]},
    ),
    case(
        "not on this number",
        MEDIUM_CITE,
        "06-10 11:00",
        "deny US-REGF-MEDIUM",
        facts={"medium_optout": [{"medium": "call", "number": "N1"}]},
    ),
    case(
        "not on this number, by any medium",
        MEDIUM_CITE,
        "06-10 11:00",
        "deny US-REGF-MEDIUM",
        facts={"medium_optout": [{"number": "N1"}], **TEXTS},
        channel="sms",
    ),
    case(
        "the consumer calls: one answer by call",
        "12 CFR 1006.14(h)(2)(iii)",
        "06-10 11:00",
        "allow US-REGF-RESP-ONCE",
        history="06-10 10:30 call voicemail_message in",
        facts={"medium_optout": [{"medium": "call", "at": "2026-06-01T14:00:00Z"}]},
        in_reply=True,
    ),
    case(
        "STOP: a text the next day",
        "12 CFR 1006.14(h)(1), 1006.6(e)",
        "06-11 11:00",
        "deny US-REGF-MEDIUM",
        history="06-10 11:00 sms STOP in",
        facts=TEXTS,
        channel="sms",
        has_optout_notice=True,
    ),
    case(
        "STOP: a second confirmation",
        "12 CFR 1006.14(h)(2)(i)",
        "06-10 11:10",
        "deny US-REGF-MEDIUM",
        history="06-10 11:00 sms STOP in\n06-10 11:01 sms sent",
        facts=TEXTS,
        channel="sms",
        content="optout_confirmation",
    ),
    case(
        "STOP said again in answer to the confirmation",
        "12 CFR 1006.14(h)(2)(i)",
        "06-10 11:03",
        "deny US-REGF-MEDIUM",
        history="06-10 11:00 sms STOP in\n06-10 11:01 sms sent\n06-10 11:02 sms STOP in",
        facts=TEXTS,
        channel="sms",
        content="optout_confirmation",
    ),
    case(
        "STOP said twice and not yet confirmed",
        "12 CFR 1006.14(h)(2)(i)",
        "06-10 11:03",
        "allow",
        history="06-10 10:59 sms sent\n06-10 11:00 sms STOP in\n06-10 11:02 sms STOP in",
        facts=TEXTS,
        channel="sms",
        content="optout_confirmation",
    ),
    case(
        "STOP to texts leaves the calls",
        MEDIUM_CITE,
        "06-11 11:00",
        "allow",
        history="06-10 11:00 sms STOP in",
    ),
    case(
        "who said so on the phone is not called again",
        MEDIUM_CITE,
        "06-20 11:00",
        "deny US-REGF-MEDIUM",
        history="06-10 11:00 call conversation_refused",
    ),
]

PROCEDURES = [
    case(
        "texts: the consumer texted 59 days ago",
        "12 CFR 1006.6(d)(5)(i)",
        "06-10 11:00",
        "allow",
        history="04-12 11:00 sms received in",
        channel="sms",
        has_optout_notice=True,
    ),
    case(
        "texts: the consumer texted 61 days ago",
        "12 CFR 1006.6(d)(5)(i)",
        "06-10 11:00",
        "deny US-REGF-SMS60",
        strength="safe_harbor",
        history="04-10 11:00 sms received in",
        channel="sms",
        has_optout_notice=True,
    ),
    case(
        "texts: nothing at all",
        "12 CFR 1006.6(d)(5)",
        "06-10 11:00",
        "deny US-REGF-SMS60",
        strength="safe_harbor",
        channel="sms",
        has_optout_notice=True,
    ),
    case(
        "texts: consent of yesterday",
        "12 CFR 1006.6(d)(5)(ii)",
        "06-10 11:00",
        "allow",
        facts={"sms_consent_direct_at": "2026-06-09T14:00:00Z"},
        channel="sms",
        has_optout_notice=True,
    ),
    case(
        "texts: consent of 70 days ago",
        "12 CFR 1006.6(d)(5)(ii)",
        "06-10 11:00",
        "deny US-REGF-SMS60",
        strength="safe_harbor",
        facts={"sms_consent_direct_at": "2026-04-01T14:00:00Z"},
        channel="sms",
        has_optout_notice=True,
    ),
    case(
        "a text without the opt-out",
        "12 CFR 1006.6(e)",
        "06-10 11:00",
        "deny US-REGF-OPTOUT",
        facts=TEXTS,
        channel="sms",
        has_optout_notice=False,
    ),
    case(
        "e-mail: the day after the notice's last",
        "12 CFR 1006.6(d)(4)(ii)",
        "04-06 08:00",
        "allow",
        facts={
            "email_basis": "creditor notice",
            "notice_sent": "2026-03-01",
            "optout_by": "2026-04-05",
            "opted_out": False,
        },
        channel="email",
        has_optout_notice=True,
    ),
    case(
        "e-mail: on the notice's last day",
        "12 CFR 1006.6(d)(4)(ii)",
        "04-05 12:00",
        "deny US-REGF-EMAIL",
        opens="04-06 08:00",
        strength="safe_harbor",
        facts={
            "email_basis": "creditor notice",
            "notice_sent": "2026-03-01",
            "optout_by": "2026-04-05",
            "opted_out": False,
        },
        channel="email",
        has_optout_notice=True,
    ),
    case(
        "e-mail: the notice gave 34 days",
        "12 CFR 1006.6(d)(4)(ii)(C)(5)",
        "05-01 12:00",
        "deny US-REGF-EMAIL",
        strength="safe_harbor",
        facts={
            "email_basis": "creditor notice",
            "notice_sent": "2026-03-01",
            "optout_by": "2026-04-04",
            "opted_out": False,
        },
        channel="email",
        has_optout_notice=True,
    ),
    case(
        "e-mail: the consumer opted out in answer to the notice",
        "12 CFR 1006.6(d)(4)(ii)",
        "05-01 12:00",
        "deny US-REGF-EMAIL",
        strength="safe_harbor",
        facts={
            "email_basis": "creditor notice",
            "notice_sent": "2026-03-01",
            "optout_by": "2026-04-05",
            "opted_out": True,
        },
        channel="email",
        has_optout_notice=True,
    ),
    case(
        "the employer's address that the consumer used",
        "12 CFR 1006.22(f)(3)",
        "06-10 11:00",
        "allow",
        facts={
            "address_kind": "employer",
            "email_basis": "consumer used this address with the collector",
        },
        channel="email",
        has_optout_notice=True,
    ),
    case(
        "the employer's address with the creditor's notice alone",
        "12 CFR 1006.22(f)(3)",
        "05-01 12:00",
        "deny US-REGF-WORKEMAIL",
        facts={
            "address_kind": "employer",
            "email_basis": "creditor notice",
            "notice_sent": "2026-03-01",
            "optout_by": "2026-04-05",
            "opted_out": False,
        },
        channel="email",
        has_optout_notice=True,
    ),
]

CASES = [
    *HOURS,
    *TIMES,
    *PLACES,
    *ONCE,
    *HOLDS,
    *PARTIES,
    *FREQUENCY,
    *COOLDOWN,
    *CONSENT,
    *MEDIUM,
    *PROCEDURES,
]
