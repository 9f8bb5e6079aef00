"""The words of the summary, for somebody who never saw the product, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Record of contacts with {name}",
        "about": "What this is",
        "intro": (
            "This is everything that the calling system recorded about its contacts with this "
            "person: each call, text and e-mail that it made, and each one that it decided not "
            "to make, with the reason."
        ),
        "person": "Person",
        "cases": "Cases",
        "period": "Period",
        "always": "from the beginning until this record was made",
        "from": "from {since}",
        "to": "until {until}",
        "made": "Made on {at} by {by}",
        "short": "In short",
        "attempts": "Contacts made",
        "refusals": "Contacts not made because a rule forbade them",
        "inbound": "Messages from the person",
        "timeline": "What happened",
        "when": "When",
        "what": "What",
        "channel": "By",
        "address": "Number or address",
        "result": "Result",
        "zone": "Times are those of {zone}.",
        "rules": "Rules that forbade a contact",
        "rule": "Rule",
        "law": "Where it is written",
        "times": "Times",
        "facts": "What is known of consent and of wishes not to be contacted",
        "since": "Since",
        "until": "Until",
        "known": "Known to us",
        "evidence": "Evidence",
        "recordings": "Recordings of calls",
        "recording": "Recording",
        "seconds": "Seconds",
        "digest": "SHA-256 of the audio",
        "deleted": "deleted on {at}",
        "abandonment": "Calls answered by a person with nobody on our side",
        "campaign": "Campaign",
        "month": "Month (UTC)",
        "answered": "Answered by a person",
        "abandoned": "Abandoned",
        "share": "Share",
        "none": "None.",
        "check": "How to check this record",
        "check_how": (
            "Every file is listed with its digest in manifest.json; the digest of that list is "
            "an entry of the ledger, and every entry stands under a root in ledger/roots.jsonl. "
            "The command below checks all of it, and makes every decision again from its facts "
            "and the rules of its day. It needs no access to the system. Compare the root that it "
            "prints with one that was kept elsewhere."
        ),
    },
    "zh": {
        "title": "与{name}的联系记录",
        "about": "本文件说明",
        "intro": (
            "本文件收录呼叫系统所记录的与此人有关的全部联系：已拨打的每一次电话、"
            "已发送的每一条短信和每一封电子邮件，以及系统决定不联系的每一次情形及其原因。"
        ),
        "person": "当事人",
        "cases": "案件",
        "period": "期间",
        "always": "自始至本记录生成之时",
        "from": "自 {since}",
        "to": "至 {until} 之前",
        "made": "生成时间：{at}，生成人：{by}",
        "short": "概要",
        "attempts": "已进行的联系",
        "refusals": "因规则禁止而未进行的联系",
        "inbound": "当事人发来的信息",
        "timeline": "经过",
        "when": "时间",
        "what": "事项",
        "channel": "方式",
        "address": "号码或地址",
        "result": "结果",
        "zone": "时间为 {zone} 当地时间。",
        "rules": "禁止联系的规则",
        "rule": "规则",
        "law": "依据",
        "times": "次数",
        "facts": "关于同意以及拒绝联系意愿的已知情况",
        "since": "起",
        "until": "止",
        "known": "我方知悉时间",
        "evidence": "凭据",
        "recordings": "通话录音",
        "recording": "录音",
        "seconds": "秒",
        "digest": "音频的 SHA-256 摘要",
        "deleted": "已于 {at} 删除",
        "abandonment": "由本人接听而我方无人应答的电话",
        "campaign": "任务",
        "month": "月份（UTC）",
        "answered": "本人接听",
        "abandoned": "无人应答",
        "share": "比例",
        "none": "无。",
        "check": "如何核验本记录",
        "check_how": (
            "manifest.json 列出每个文件及其摘要；该清单自身的摘要是账本中的一条记录，"
            "而每条记录都归于 ledger/roots.jsonl 中的一个根。下面的命令核验以上全部内容，"
            "并根据当时的事实和当时有效的规则重新作出每一项决定，无需访问系统。"
            "请将其显示的根与另行保存的根进行比对。"
        ),
    },
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "attempt": "contact made",
        "refusal": "not contacted",
        "inbound": "from the person",
        "earlier": "contact from before",
        "disposition": "noted by our agent",
        "call": "telephone",
        "sms": "text message",
        "email": "e-mail",
        "voicemail_limited_content": "short voicemail that names no debt",
        "answered_dropped": "answered, then cut off",
        "abandoned": "answered, with nobody on our side",
        "not_sent": "nothing went out",
        "reserved": "under way",
    },
    "zh": {
        "attempt": "已联系",
        "refusal": "未联系",
        "inbound": "当事人来信",
        "earlier": "此前的联系",
        "disposition": "坐席备注",
        "call": "电话",
        "sms": "短信",
        "email": "电子邮件",
        "any": "任何方式",
        "consent": "同意",
        "hold": "停止标记",
        "opt_out": "退订",
        "wrong_number": "号码有误",
        "no_answer": "无人接听",
        "no_answer_voicemail_available": "无人接听",
        "busy": "占线",
        "not_in_service": "空号",
        "failed_before_ring": "未接通",
        "conversation": "已通话",
        "message_played": "已播放录音信息",
        "voicemail_message": "已留言",
        "voicemail_limited_content": "已留下不涉及债务的简短留言",
        "voicemail_no_message": "语音信箱，未留言",
        "answered_dropped": "接听后中断",
        "abandoned": "已接听而我方无人应答",
        "sent": "已发送",
        "delivered": "已送达",
        "undeliverable": "无法送达",
        "bounced": "被退回",
        "received": "已收到",
        "not_sent": "未发出",
        "reserved": "进行中",
        "unknown": "结果不明",
        "cease": "要求停止联系",
        "dispute": "对债务有异议",
        "represented": "已委托律师",
        "bankruptcy": "破产",
        "deceased": "已故",
        "dnc_global": "勿打扰",
        "vulnerable": "需要特别照顾",
    },
}


def word(language: str, code: str | None) -> str:
    """A word from a closed list as people say it; the word itself where there is no better one."""
    if code is None:
        return ""
    return WORDS[language].get(code, code.replace("_", " "))
