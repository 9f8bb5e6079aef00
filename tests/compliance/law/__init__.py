"""The law by its cases: one table a jurisdiction, each case with its citation and its answer."""

from tests.compliance.law import china, us_regf, us_states, world

TABLES = [*us_regf.CASES, *us_states.CASES, *china.CASES, *world.CASES]
