"""Plans to offer: by a wanted length, by a monthly amount, within limits and authority. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dialer.casework.allocation import DebtBalance
from dialer.casework.authority import Authority, least_level
from dialer.model.plan import Frequency, Plan, PlanLimits, PlanRefused, PlanTerms, make_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan that can be offered, the level that must agree, and whether it is affordable.

    `affordable` None = the ability to pay is not known.
    """

    plan: Plan
    approval: str
    affordable: bool | None


def term_for_amount(terms: PlanTerms, monthly_minor: int) -> int | None:
    """The fewest monthly instalments of at most `monthly_minor`; None for an amount of nothing."""
    rest = terms.agreed_minor - terms.front_payment_minor
    return -(-rest // monthly_minor) if monthly_minor > 0 and rest > 0 else None


def propose(
    terms: PlanTerms,
    debt: DebtBalance,
    *,
    lengths: Iterable[int],
    affordable_minor: int | None,
    limits: PlanLimits,
    table: Sequence[Authority],
) -> tuple[Proposal, ...]:
    """Monthly plans of these lengths, and the shortest that is affordable, shortest first.

    `terms` gives everything but the number of instalments. Left out is what the limits refuse
    and what no level of the table may agree to.
    """
    counts = set(lengths)
    if affordable_minor is not None:
        counts.add(term_for_amount(terms, affordable_minor) or 0)
    offers = []
    for count in sorted(counts - {0}):
        wanted = replace(terms, instalments=count, frequency=Frequency.MONTHLY)
        plan = make_plan(wanted, limits)
        level = least_level(table, wanted, debt)
        if isinstance(plan, PlanRefused) or level is None:
            continue
        largest = max(part.amount_minor for part in plan.schedule if part.number > 0)
        offers.append(
            Proposal(
                plan=plan,
                approval=level.level,
                affordable=None if affordable_minor is None else largest <= affordable_minor,
            )
        )
    return tuple(offers)
