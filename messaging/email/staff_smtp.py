"""Mail to our own people by the relay: rare, so each mail has a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from email.utils import parseaddr

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from messaging.email.staff import Post, StaffMail, compose_staff, need_ours
from messaging.transport import TransportError
from scheduler.clock import Clock

FOR_GOOD = 500  # RFC 5321, 4.2.1


def staff_post(connect: Callable[[], SMTP], domains: Collection[str], clock: Clock) -> Post:
    """A post that goes to these domains alone. `connect` makes a client of the relay."""

    async def post(mail: StaffMail) -> None:
        need_ours(mail.to, domains)
        octets = compose_staff(mail, clock.now())
        client = connect()
        try:
            await client.connect()
            await client.mail(parseaddr(mail.sender)[1])
            await client.rcpt(mail.to)
            await client.data(octets)
        except SMTPResponseException as error:
            told = f"mail relay: {error.code} {error.message}"
            raise TransportError(told, retryable=error.code < FOR_GOOD) from error
        except (SMTPException, OSError) as error:
            raise TransportError(f"mail relay: {error}", retryable=True) from error
        finally:
            with suppress(SMTPException, OSError):
                await client.quit(timeout=2)
            client.close()

    return post
