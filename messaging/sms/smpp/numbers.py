"""Telephone numbers between E.164 and the address fields of SMPP. Pure."""

from __future__ import annotations

import phonenumbers

from messaging.sms.smpp.pdu import Address, Npi, Ton

MAX_ALPHANUMERIC = 11


def destination(number: str) -> Address:
    """The address of an E.164 number. Raises ValueError for anything else."""
    digits = number.removeprefix("+")
    if not (number.startswith("+") and digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise ValueError("the number to send to is not E.164")
    return Address(number=digits, ton=Ton.INTERNATIONAL, npi=Npi.ISDN)


def sender(name: str) -> Address:
    """The address of a sender: E.164, a short code (digits), or a name of up to 11 characters."""
    if name.startswith("+"):
        return destination(name)
    if name.isascii() and name.isdigit():
        return Address(number=name, ton=Ton.NETWORK_SPECIFIC, npi=Npi.UNKNOWN)
    if not name or len(name) > MAX_ALPHANUMERIC:
        raise ValueError(f"sender {name!r} is not a number and not a name of 1 to 11 characters")
    return Address(number=name, ton=Ton.ALPHANUMERIC, npi=Npi.UNKNOWN)


def from_wire(address: Address, region: str | None) -> str:
    """The E.164 number of an address, as far as it can be known; else the number as it stands.

    Message centres are careless with the type of number, so both readings are tried: with country
    code, and as a number of `region` (ISO 3166-1 alpha-2) where that is given.
    """
    digits = address.number
    if not (digits.isascii() and digits.removeprefix("+").isdigit()):
        return digits
    if digits.startswith("+") or address.ton == Ton.INTERNATIONAL:
        return "+" + digits.removeprefix("+")
    if len(digits) < 7 or address.ton in {Ton.NETWORK_SPECIFIC, Ton.ABBREVIATED}:
        return digits
    readings: list[tuple[str, str | None]] = [("+" + digits, None)]
    if region is not None:
        readings.insert(0 if address.ton == Ton.NATIONAL else 1, (digits, region))
    for fits in (phonenumbers.is_valid_number, phonenumbers.is_possible_number):
        for text, home in readings:
            try:
                number = phonenumbers.parse(text, home)
            except phonenumbers.NumberParseException:
                continue
            if fits(number):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return digits
